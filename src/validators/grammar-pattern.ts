import { compileLinear, type PatternReading } from "./linear-pattern.ts";

/**
 * The `regex` grammar of a custom tool, which the tool's whole text must match. Its syntax is that of
 * Rust's `regex` crate (https://platform.openai.com/docs/guides/function-calling, "Custom tools";
 * https://docs.rs/regex/latest/regex/#syntax), which is linear too and nearly RE2's: classes count all of
 * Unicode there. What RE2 would read otherwise is not supported.
 */
export function grammarPattern(definition: string): PatternReading {
  const foreign = foreignIn(definition);
  if (foreign !== undefined) return { unsupported: foreign };
  return compileLinear(definition, () => `\\A(?:${withUnicodeClasses(definition)})\\z`);
}

/** What RE2 compiles and takes for something else, or knows for ASCII only. */
function foreignIn(definition: string): string | undefined {
  let inClass = false;
  for (let at = 0; at < definition.length; at += 1) {
    const character = definition[at] ?? "";
    const next = definition[at + 1] ?? "";
    if (character === "\\") {
      if (!inClass && (next === "b" || next === "B")) return "it looks for the borders of words";
      at += 1;
    } else if (!inClass) inClass = character === "[";
    else if (character === "]" && !opensClass(definition, at)) inClass = false;
    else if (character === "[" && next !== ":") return "it has a class inside a class";
    else if (next === character && "&-~".includes(character)) return "it combines classes";
  }
  return undefined;
}

/** A bracket that comes first in a class, as in `[]a]`, does not close it. */
function opensClass(definition: string, at: number): boolean {
  return /\[\^?$/.test(definition.slice(0, at)) && definition[at - 1] !== "\\";
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

function withUnicodeClasses(definition: string): string {
  let inClass = false;
  let translated = "";
  for (let at = 0; at < definition.length; at += 1) {
    const character = definition[at] ?? "";
    if (character !== "\\") {
      if (character === "[") inClass = true;
      else if (character === "]") inClass = false;
      translated += character;
      continue;
    }
    at += 1;
    translated += escaped(definition[at] ?? "", inClass);
  }
  return translated;
}

function escaped(letter: string, inClass: boolean): string {
  const positive = classes[letter];
  if (positive !== undefined) return inClass ? positive : `[${positive}]`;
  const negative = classes[letter.toLowerCase()];
  if (negative === undefined || letter === letter.toLowerCase() || inClass) return `\\${letter}`;
  return `[^${negative}]`;
}
