import { compileLinear, type PatternReading } from "./linear-pattern.ts";

/**
 * The `regex` grammar of a custom tool, which the tool's whole text must match. Its syntax is that of
 * Rust's `regex` crate (https://platform.openai.com/docs/guides/function-calling, "Custom tools";
 * https://docs.rs/regex/latest/regex/#syntax), which is linear too and nearly RE2's: classes count all of
 * Unicode there. What RE2 would read otherwise is not supported.
 */
export function grammarPattern(definition: string): PatternReading {
  return compileLinear(definition, () => {
    const pieces = piecesOf(definition);
    const foreign = foreignIn(pieces);
    if (foreign !== undefined) throw new Error(foreign);
    return `\\A(?:${pieces.map(withUnicodeClasses).join("")})\\z`;
  });
}

/** An escape, the opening of a class, a named class in it, or one character. */
interface Piece {
  readonly text: string;
  readonly inClass: boolean;
}

// A bracket that comes first in a class, as in `[]a]`, does not close it.
const outside = /\\[^]?|\[\^?\]?|[^]/y;
// The bracket of a named class, as in `[[:alpha:]\d]`, does not close the one that it stands in.
const inside = /\\[^]?|\[:\^?\w+:\]|[^]/y;

function piecesOf(definition: string): Piece[] {
  const pieces: Piece[] = [];
  let inClass = false;
  for (let at = 0; at < definition.length;) {
    const reading = inClass ? inside : outside;
    reading.lastIndex = at;
    const text = reading.exec(definition)?.[0] ?? definition.slice(at);
    pieces.push({ text, inClass });
    at += text.length;
    if (inClass ? text === "]" : text.startsWith("[")) inClass = !inClass;
  }
  return pieces;
}

/** What RE2 compiles and takes for something else, or knows for ASCII only. */
function foreignIn(pieces: readonly Piece[]): string | undefined {
  for (const [index, { text, inClass }] of pieces.entries()) {
    if (!inClass && /^\\[bB<>]/.test(text)) return "it looks for the borders of words";
    if (inClass && text === "[") return "it has a class inside a class";
    if (inClass && text === pieces[index + 1]?.text && "&-~".includes(text)) return "it combines classes";
  }
  return undefined;
}

const classes: Readonly<Record<string, string>> = {
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: "\\p{L}\\p{M}\\p{Nd}\\p{Pc}",
  // White_Space of Unicode.
  s:
    "\\x{09}-\\x{0d} \\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}" +
    "\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}",
};

function withUnicodeClasses({ text, inClass }: Piece): string {
  return text.startsWith("\\") ? escaped(text.slice(1), inClass) : text;
}

function escaped(letter: string, inClass: boolean): string {
  const positive = classes[letter];
  if (positive !== undefined) return inClass ? positive : `[${positive}]`;
  const negative = classes[letter.toLowerCase()];
  if (negative === undefined || letter === letter.toLowerCase() || inClass) return `\\${letter}`;
  return `[^${negative}]`;
}
