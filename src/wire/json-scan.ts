// The characters of JSON (RFC 8259): where strings, scalars and brackets end. Iterative throughout.

/** Nesting that is followed at most. Model providers' own bodies stay below 100. */
export const jsonDepthMax = 512;

/** The text is no JSON (RFC 8259), or is nested too deep; `position` is where, in UTF-16 units. */
export class JsonTextError extends Error {
  readonly position: number;

  constructor(expected: string, text: string, position: number) {
    super(`Expected ${expected} at position ${position}, found ${foundAt(text, position)}.`);
    this.name = "JsonTextError";
    this.position = position;
  }
}

function foundAt(text: string, position: number): string {
  if (position >= text.length) return "the end of the text";
  const point = text.codePointAt(position) ?? 0;
  const printable = point > 0x20 && point !== 0x7f && !(point >= 0xd800 && point <= 0xdfff);
  return printable
    ? `"${String.fromCodePoint(point)}"`
    : `the character U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

export const quote = 0x22;
export const backslash = 0x5c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const comma = 0x2c;
export const colon = 0x3a;
const byteOrderMark = 0xfeff;

const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

export function skipSpace(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
  }
  return at;
}

/** The position behind the string that opens at `from`; the string's characters are not checked. */
export function skipString(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end === -1) throw new JsonTextError('the closing "', text, text.length);
    let escapes = end;
    while (text.charCodeAt(escapes - 1) === backslash && escapes > at) escapes--;
    if ((end - escapes) % 2 === 0) return end + 1;
    at = end + 1;
  }
}

export function skipScalar(text: string, from: number): number {
  scalar.lastIndex = from;
  if (!scalar.test(text)) throw new JsonTextError("a value", text, from);
  return scalar.lastIndex;
}

export function deepen(text: string, at: number, closers: number[], closer: number, depthMax: number): void {
  if (closers.length >= depthMax) throw new JsonTextError(`at most ${depthMax} levels of nesting`, text, at);
  closers.push(closer);
}

/**
 * The position behind the object or array that opens at `from`. Only strings and brackets are
 * looked at: what stands between them is checked when somebody asks for it.
 */
function skipNested(text: string, from: number): number {
  const closers: number[] = [];
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = skipString(text, at);
      continue;
    }
    if (code === openBrace) deepen(text, at, closers, closeBrace, jsonDepthMax);
    else if (code === openBracket) deepen(text, at, closers, closeBracket, jsonDepthMax);
    else if (code === closeBrace || code === closeBracket) {
      const closer = closers.pop();
      if (closer !== code)
        throw new JsonTextError(`"${String.fromCharCode(closer ?? closeBrace)}"`, text, at);
      if (closers.length === 0) return at + 1;
    }
    at++;
  }
  throw new JsonTextError(`"${String.fromCharCode(closers.at(-1) ?? closeBrace)}"`, text, at);
}

export function skipValue(text: string, from: number): number {
  const code = text.charCodeAt(from);
  if (code === quote) return skipString(text, from);
  if (code === openBrace || code === openBracket) return skipNested(text, from);
  return skipScalar(text, from);
}

export function startOf(text: string): number {
  return skipSpace(text, text.charCodeAt(0) === byteOrderMark ? 1 : 0);
}
