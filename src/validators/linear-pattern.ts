import { RE2JS } from "re2js";

/**
 * A `pattern` in an engine that is linear in the length of the text (RE2), so that no pattern of a
 * stranger's schema can stall the gateway. JSON Schema takes patterns from ECMA-262; what RE2 cannot
 * do (lookahead, backreferences, more than 1,000 repetitions) is not supported.
 */
export interface LinearPattern {
  readonly test: (text: string) => boolean;
  /** The text with `by`, as it stands, in the place of every match. */
  readonly replaceAll: (text: string, by: string) => string;
  /** Instructions of the compiled program: the cost of one character, roughly. */
  readonly size: number;
}

export type PatternReading = LinearPattern | { readonly unsupported: string };

// A program of this size is compiled in a few milliseconds and holds about a megabyte.
const programSizeMax = 5_000;
const patternCharactersMax = 2_000;

/** Compiles a pattern, or says in a few words why it cannot be enforced. */
export function linearPattern(source: string): PatternReading {
  return compileLinear(source, () => RE2JS.translateRegExp(toRe2(source)));
}

/** Compiles what `translate` makes of a pattern for RE2, within the bounds that hold for every pattern. */
export function compileLinear(source: string, translate: () => string): PatternReading {
  if (source.length > patternCharactersMax) {
    return { unsupported: `it is longer than ${patternCharactersMax} characters` };
  }
  if (programEstimate(source) > programSizeMax) return { unsupported: "it repeats too much" };
  try {
    const program = RE2JS.compile(translate(), RE2JS.LOOKBEHINDS);
    return {
      test: (text) => program.test(text),
      replaceAll: (text, by) => program.matcher(text).replaceAll(() => by),
      size: program.programSize(),
    };
  } catch (thrown) {
    return { unsupported: thrown instanceof Error ? thrown.message.slice(0, 120) : "it does not compile" };
  }
}

// ECMA-262 counts all Unicode spaces as \s and ends a line at four characters; RE2 knows only ASCII
// spaces, and the line feed.
const spaces =
  "\\t\\n\\v\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
const anyButLineEnds = "[^\\n\\r\\x{2028}\\x{2029}]";

function toRe2(source: string): string {
  let translated = "";
  let inClass = false;
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at] ?? "";
    if (character === "\\") {
      at += 1;
      translated += escape(source[at] ?? "", inClass);
      continue;
    }
    // `[^]` and `[]` are whole classes in ECMA-262.
    if (character === "[" && !inClass) inClass = !/^\[\^?\]/.test(source.slice(at, at + 3));
    else if (character === "]") inClass = false;
    translated += character === "." && !inClass ? anyButLineEnds : character;
  }
  return translated;
}

function escape(letter: string, inClass: boolean): string {
  if (letter === "s") return inClass ? spaces : `[${spaces}]`;
  if (letter === "S" && !inClass) return `[^${spaces}]`;
  return `\\${letter}`;
}

/**
 * The size of the program before it is compiled, from above: `((a{100}){100}){100}` is a million.
 * Every character counts one, a repeated atom as often as it is repeated.
 */
function programEstimate(source: string): number {
  const sums = [0];
  let atom = 0;
  const tokens = /\\.|\((?:\?:|\?<\w+>)?|\[(?:\\.|[^\]\\])*\]?|\{(\d+)(?:,(\d*))?\}|[^\\[]/gsu;
  for (const token of source.matchAll(tokens)) {
    const [whole, from, to] = token;
    if (from !== undefined) {
      const times = Math.max(1, Number(from), Number(to ?? 0));
      sums.push((sums.pop() ?? 0) + atom * (times - 1));
      atom *= times;
    } else if (whole.startsWith("(")) {
      sums.push(0);
    } else if (whole === ")" && sums.length > 1) {
      atom = sums.pop() ?? 0;
      sums.push((sums.pop() ?? 0) + atom);
    } else {
      atom = 1;
      sums.push((sums.pop() ?? 0) + 1);
    }
  }
  return sums.reduce((total, sum) => total + sum, 0);
}
