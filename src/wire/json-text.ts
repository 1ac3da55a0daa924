// Finds values in JSON text without parsing the text as a whole. What is skipped is never decoded, so
// the spelling of numbers, the order of keys and duplicate names stay as they came.
import { checkValue } from "./json-check.ts";
import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  jsonDepthMax,
  JsonTextError,
  openBrace,
  openBracket,
  quote,
  skipSpace,
  skipString,
  skipValue,
  startOf,
} from "./json-scan.ts";

/** A stretch of text as UTF-16 offsets: `text.slice(start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Member {
  /** The name, decoded. */
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Span;
}

export type JsonType = "object" | "array" | "string" | "number" | "boolean" | "null";

/** The document's value. White space and a byte order mark around it are allowed. */
export function rootSpan(text: string): Span {
  const start = startOf(text);
  const end = skipValue(text, start);
  mustEnd(text, end);
  return { start, end };
}

/** Throws where anything but white space stands behind the document's value. */
function mustEnd(text: string, end: number): void {
  const rest = skipSpace(text, end);
  if (rest < text.length) throw new JsonTextError("the end of the text", text, rest);
}

export function typeAt(text: string, span: Span): JsonType {
  switch (text.charAt(span.start)) {
    case "{":
      return "object";
    case "[":
      return "array";
    case '"':
      return "string";
    case "t":
    case "f":
      return "boolean";
    case "n":
      return "null";
    default:
      return "number";
  }
}

/** The members of an object in order, duplicates included. */
export function members(text: string, object: Span): Member[] {
  return readObject(text, object.start).members;
}

/** The position behind the value of a member, where a caller finds it by itself; undefined where not. */
export type ValueEnd = (key: string, start: number) => number | undefined;

/** The object that opens at `start`: its members, and where it ends. Each character is looked at once. */
export function readObject(
  text: string,
  start: number,
  endOf?: ValueEnd,
): { readonly members: Member[]; readonly span: Span } {
  if (text.charCodeAt(start) !== openBrace) throw new JsonTextError("an object", text, start);
  const found: Member[] = [];
  let at = skipSpace(text, start + 1);
  if (text.charCodeAt(at) === closeBrace) return { members: found, span: { start, end: at + 1 } };
  for (;;) {
    if (text.charCodeAt(at) !== quote) throw new JsonTextError("a name in quotes", text, at);
    const keySpan = { start: at, end: skipString(text, at) };
    at = skipSpace(text, keySpan.end);
    if (text.charCodeAt(at) !== colon) throw new JsonTextError('":"', text, at);
    const from = skipSpace(text, at + 1);
    const key = decodeString(text, keySpan);
    const value = { start: from, end: endOf?.(key, from) ?? skipValue(text, from) };
    found.push({ key, keySpan, value });
    at = skipSpace(text, value.end);
    const code = text.charCodeAt(at);
    if (code === closeBrace) return { members: found, span: { start, end: at + 1 } };
    if (code !== comma) throw new JsonTextError('"," or "}"', text, at);
    at = skipSpace(text, at + 1);
  }
}

/** The value of a member; of several with this name the last, as `JSON.parse` takes it. */
export function member(text: string, object: Span, key: string): Span | undefined {
  return members(text, object).findLast((one) => one.key === key)?.value;
}

export function elements(text: string, array: Span): Span[] {
  if (text.charCodeAt(array.start) !== openBracket) throw new JsonTextError("an array", text, array.start);
  const found: Span[] = [];
  let at = skipSpace(text, array.start + 1);
  if (text.charCodeAt(at) === closeBracket) return found;
  for (;;) {
    const span = { start: at, end: skipValue(text, at) };
    found.push(span);
    at = skipSpace(text, span.end);
    if (text.charCodeAt(at) === closeBracket) return found;
    if (text.charCodeAt(at) !== comma) throw new JsonTextError('"," or "]"', text, at);
    at = skipSpace(text, at + 1);
  }
}

/** The value at a span, parsed. Of duplicate names the last counts. */
export function parseAt(text: string, span: Span): unknown {
  try {
    return JSON.parse(text.slice(span.start, span.end));
  } catch (cause) {
    // The engine's own message counts from the slice and differs between versions.
    checkValue(text, span.start);
    throw cause;
  }
}

/** The whole document, parsed; throws also where it is nested too deep to be edited. */
export function parseEditable(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Each level takes two characters, so a short text is not looked at again.
  if (text.length > 2 * jsonDepthMax && hasManyBrackets(text)) rootSpan(text);
  return value;
}

/** False where too few brackets open, in strings or not, for anything to be nested too deep. */
function hasManyBrackets(text: string): boolean {
  return hasManyOf(text, "{", jsonDepthMax / 2) || hasManyOf(text, "[", jsonDepthMax / 2);
}

function hasManyOf(text: string, character: string, countMax: number): boolean {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) {
    if (++count > countMax) return true;
  }
  return false;
}

/** The string at a span, decoded; undefined where another type stands there. */
export function stringAt(text: string, span: Span): string | undefined {
  return text.charCodeAt(span.start) === quote ? decodeString(text, span) : undefined;
}

// Neither a quotation mark nor a backslash nor a control character (U+0000 to U+001F) inside.
const plain = /^"[ !#-[\]-\uffff]*"$/;

function decodeString(text: string, span: Span): string {
  const raw = text.slice(span.start, span.end);
  if (plain.test(raw)) return raw.slice(1, -1);
  return parseAt(text, span) as string;
}
