import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  deepen,
  jsonDepthMax,
  JsonTextError,
  openBrace,
  openBracket,
  quote,
  skipScalar,
  skipSpace,
  startOf,
} from "./json-scan.ts";

// A quotation mark, a backslash or a control character (U+0000 to U+001F).
const specialInString = /[^ !#-[\]-\uffff]/g;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Checks a whole document (RFC 8259), without recursion. */
export function checkJson(text: string, { depthMax = jsonDepthMax }: { depthMax?: number } = {}): void {
  const end = checkValue(text, startOf(text), depthMax);
  const rest = skipSpace(text, end);
  if (rest < text.length) throw new JsonTextError("the end of the text", text, rest);
}

/** Checks the value that starts at `from` and gives the position behind it. */
export function checkValue(text: string, from: number, depthMax: number = jsonDepthMax): number {
  const closers: number[] = [];
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === openBrace || code === openBracket) {
      const closer = code === openBrace ? closeBrace : closeBracket;
      deepen(text, at, closers, closer, depthMax);
      at = skipSpace(text, at + 1);
      if (text.charCodeAt(at) !== closer) {
        if (code === openBrace) at = checkName(text, at);
        continue;
      }
      closers.pop();
      at++;
    } else {
      at = code === quote ? checkString(text, at) : skipScalar(text, at);
    }
    at = closeEnded(text, at, closers);
    if (closers.length === 0) return at;
    at = checkComma(text, at, closers);
  }
}

/** Closes the objects and arrays that end behind a value. */
function closeEnded(text: string, from: number, closers: number[]): number {
  let at = from;
  while (closers.length > 0) {
    const next = skipSpace(text, at);
    if (text.charCodeAt(next) !== closers.at(-1)) return next;
    closers.pop();
    at = next + 1;
  }
  return at;
}

/** From the comma behind a value to the start of the next value. */
function checkComma(text: string, at: number, closers: readonly number[]): number {
  const inObject = closers.at(-1) === closeBrace;
  if (text.charCodeAt(at) !== comma)
    throw new JsonTextError(inObject ? '"," or "}"' : '"," or "]"', text, at);
  const next = skipSpace(text, at + 1);
  return inObject ? checkName(text, next) : next;
}

function checkName(text: string, from: number): number {
  if (text.charCodeAt(from) !== quote) throw new JsonTextError("a name in quotes", text, from);
  const at = skipSpace(text, checkString(text, from));
  if (text.charCodeAt(at) !== colon) throw new JsonTextError('":"', text, at);
  return skipSpace(text, at + 1);
}

/** As `skipString`, but control characters and bad escapes are errors. */
function checkString(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    specialInString.lastIndex = at;
    const found = specialInString.exec(text);
    if (found === null) throw new JsonTextError('the closing "', text, text.length);
    const code = text.charCodeAt(found.index);
    if (code === quote) return found.index + 1;
    escape.lastIndex = found.index;
    if (code !== backslash || !escape.test(text)) {
      throw new JsonTextError("a character, or an escape that JSON knows", text, found.index);
    }
    at = escape.lastIndex;
  }
}
