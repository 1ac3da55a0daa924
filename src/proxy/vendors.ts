/** Whose API a path without the name of an upstream belongs to. */
export type Vendor = "openai" | "anthropic" | "gemini";

/** The names of the versions that Google's API has and no other: `/v1beta/…`, `/v1alpha/…`. */
const googleVersion = /^\/(?:upload\/)?v1(?:alpha|beta)\d*\//;

// A model of OpenAI may have colons in its name (`/v1/models/ft:gpt-4o:acme::abc`), so the methods that
// Google's API has on a model are told by their names.
const googleMethod = new RegExp(
  String.raw`^/v1/(?:models|tunedModels)/[^/]+(?::|%3[aA])` +
    "(?:(?:streamG|batchG|bidiG|g)enerateContent|countTokens|(?:asyncBatchE|batchE|e)mbedContents?|" +
    "predict(?:LongRunning)?|generateAnswer)$",
);

/** True for a path that goes to the upstream of its vendor: `/v1/…`, and Google's own versions. */
export function isBare(path: string): boolean {
  return path === "/v1" || path.startsWith("/v1/") || googleVersion.test(path);
}

/**
 * The vendor of a bare path. A request is never tried at another one: what proves who is calling must not
 * go to the wrong vendor. So it counts first what only one of them has, then the header or parameter
 * with which only one of them is called; what is left is for OpenAI.
 */
export function vendorOf(path: string, query: string, headers: Readonly<Record<string, unknown>>): Vendor {
  if (path === "/v1/messages" || path.startsWith("/v1/messages/")) return "anthropic";
  if (googleVersion.test(path) || googleMethod.test(path)) return "gemini";
  if (headers["x-goog-api-key"] !== undefined || hasKeyParameter(query)) return "gemini";
  return headers["anthropic-version"] === undefined ? "openai" : "anthropic";
}

/** Google's API takes a key in the query as well: https://ai.google.dev/api */
function hasKeyParameter(query: string): boolean {
  return /[?&]key=/.test(query);
}

/** What is wrong with a path that begins with two versions, in words; null where it does not. */
export function doubledVersion(path: string): string | null {
  const found = /^\/(v1(?:(?:alpha|beta)\d*)?)\/(v1(?:(?:alpha|beta)\d*)?)\//.exec(path);
  if (found === null) return null;
  const [, first = "", second = ""] = found;
  return first === second ? `/${first} twice` : `both /${first} and /${second}`;
}

/** True for a path of an API whose version is missing: the base URL of the SDK was given without it. */
export function lacksVersion(path: string): boolean {
  return /^\/(?:chat\/completions|completions|embeddings|messages|models|responses)(?:\/|$)/.test(path);
}

/**
 * The path with the version that its client left out. Most clients take `ANTHROPIC_BASE_URL` for a base URL
 * without a version and add it; the AI SDK takes it for one that has it (`@ai-sdk/anthropic`,
 * `anthropic-provider.ts`). One variable serves both, because only Anthropic's clients send the header.
 */
export function withVersion(path: string, headers: Readonly<Record<string, unknown>>): string {
  if (headers["anthropic-version"] === undefined) return path;
  return /^\/(?:files|messages|models|skills)(?:\/|$)/.test(path) ? `/v1${path}` : path;
}
