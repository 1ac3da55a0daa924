/** A piece of a GraphQL document, as offsets of its text. */
export interface Token {
  readonly kind: "name" | "punctuator" | "string" | "block-string" | "number";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The text is no GraphQL document. */
export class GraphqlTextError extends Error {}

/** Longest document that is read, in characters. Those of real clients have a few thousand. */
const documentCharsMax = 128 * 1024;

// GraphQL, September 2025, section 2.1. One pattern each, tried in this order.
const ignored = /(?:[\uFEFF\t\n\r ,]+|#[^\n\r]*)+/y;
const lexemes: readonly (readonly [Token["kind"], RegExp])[] = [
  ["punctuator", /\.\.\.|[!$&():=@[\]{|}]/y],
  ["name", /[_A-Za-z][_0-9A-Za-z]*/y],
  ["block-string", /"""(?:[^"\\]|\\"""|\\|"(?!""))*"""/y],
  ["string", /"(?:[^"\\\n\r]|\\[^\n\r])*"/y],
  ["number", /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
];

/** The tokens of a document. Throws `GraphqlTextError`. */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > documentCharsMax) throw new GraphqlTextError(`more than ${documentCharsMax} characters`);
  const tokens: Token[] = [];
  for (let at = behind(ignored, text, 0) ?? 0; at < text.length;) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = behind(ignored, text, token.end) ?? token.end;
  }
  return tokens;
}

function tokenAt(text: string, start: number): Token {
  for (const [kind, pattern] of lexemes) {
    const end = behind(pattern, text, start);
    if (end !== null) return { kind, text: text.slice(start, end), start, end };
  }
  throw new GraphqlTextError("a character that begins nothing");
}

/** The position behind what a pattern finds at `at`; null where it finds nothing there. */
function behind(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
