/** What stands in a secret's place. */
export const redacted = "[redacted]";

/**
 * True for names whose text is a secret: headers such as Authorization, X-Api-Key and Set-Cookie, and
 * every name that speaks of a key, a token, a secret or a password.
 */
export function isSecretName(name: string): boolean {
  return /auth(?!or(?!i[sz]))|cookie|key|token|secret|passw|passphrase|credential|signature/i.test(name);
}

/** True for names whose numbers are secrets too: `pinToken` is one, `inputTokens` and `tokenRatio` count. */
export function hidesNumbers(name: string): boolean {
  return /(?:auth|authorization|cookie|key|token|secret|password|passphrase)$/i.test(name);
}

/** Names that are followed by a secret in running text. `key` alone is none: "unknown key: city". */
const named = String.raw`(?:${[
  "authorization|cookie|secret|passw(?:or)?d|passphrase|credential|signature",
  "token(?!s)|[-_]key|(?:api|access|secret|private|signing|account|subscription|encryption)key",
].join("|")})`;
/** What stands between a name and its value; quotes may be escaped, where JSON lies within JSON. */
const between = String.raw`[\w-]{0,20}\\{0,40}["']?\s{0,8}[:=]\s{0,8}`;

/**
 * Text that is a secret wherever it stands. Each pattern begins with fixed text and repeats single
 * classes of characters, so that none takes more than a short while on text of bounded length.
 */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, redacted],
  // A named value in quotes, to the closing quote. A header, to the end of its line. Others, one word.
  [new RegExp(String.raw`(${named}${between}\\{0,40}")[^"\r\n]*`, "gi"), `$1${redacted}`],
  [new RegExp(String.raw`(${named}${between}')[^'\r\n]*`, "gi"), `$1${redacted}`],
  [
    new RegExp(String.raw`((?:authorization|cookie)\s{0,8}[:=]\s{0,8})[^"'\s\\][^\r\n]*`, "gi"),
    `$1${redacted}`,
  ],
  [new RegExp(String.raw`(${named}${between})[^\s"',;&\\[\]]+`, "gi"), `$1${redacted}`],
  // Schemes of RFC 9110, 11.4, with the credentials behind them.
  [/\b(bearer|basic|digest|negotiate)(\s+|%20)[^\s,;"'<>[\]]+/gi, `$1 ${redacted}`],
  // Credentials in a URL (RFC 3986, 3.2.1), and a virtual key in a base URL.
  [/(:\/\/)[^\s/?#@"']+@/g, `$1${redacted}@`],
  [/(\/k\/)[^/\s?#"']+/g, `$1${redacted}`],
  // A key in the query, as Google's APIs take it.
  [/([?&]key=)[^&\s#"']+/g, `$1${redacted}`],
  [/ls_[A-Za-z0-9]{16,}/g, redacted],
  // Keys that show what they are: OpenAI, Anthropic, Stripe, GitHub, GitLab, Slack, AWS, Google, …
  [/(?<![A-Za-z0-9])sk-[\w-]{8,}/g, redacted],
  [/sk-(?:ant|proj|svcacct|or|lf)-[\w-]{4,}/g, redacted],
  [/sk-(?=[\w-]{0,80}\d)(?=[\w-]{0,80}[A-Z])[\w-]{20,}/g, redacted],
  [/(?:sk|pk|rk)_(?:live|test)_\w{8,}|whsec_\w{8,}/g, redacted],
  [/gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}/g, redacted],
  [/xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}/g, redacted],
  [/(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g, redacted],
  [/AIza[\w-]{30,}|ya29\.[\w-]{10,}/g, redacted],
  [/(?:hf|gsk|npm|xai|r8|pplx)[_-][A-Za-z0-9]{20,}/g, redacted],
  // JSON Web Tokens (RFC 7519): base64url of `{"`, also when the rest was cut off.
  [/eyJ[\w-]{12,}(?:\.[\w-]*){0,4}/g, redacted],
];

/** Fixed text of every pattern above, in one: most of what is logged has none of it. */
const trace = new RegExp(
  [
    "private key|auth|cookie|key|token|secret|passw|passphrase|credential|signature",
    "bearer|basic|digest|negotiate|://|/k/|ls_|sk-|(?:sk|pk|rk)_|whsec|gh[pousr]_|github|glpat|xox|xapp",
    "(?:akia|asia|aroa|aida)|aiza|ya29|(?:hf|gsk|npm|xai|r8|pplx)[_-]|eyj",
  ].join("|"),
  "i",
);

/** The text with every secret in it replaced. */
export function redactText(text: string): string {
  if (!trace.test(text)) return text;
  let clean = text;
  for (const [pattern, replacement] of secretTexts) clean = clean.replaceAll(pattern, replacement);
  return clean;
}
