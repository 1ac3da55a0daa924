// Where values of JSON end in UTF-8 bytes. A byte below 0x80 is always a character of its own
// (RFC 3629), so the brackets and quotation marks are found without decoding. What is wrong is said by
// nobody here: whoever gets -1 reads the text, and tells its place.
import {
  backslash,
  closeBrace,
  closeBracket,
  comma,
  jsonDepthMax,
  openBrace,
  openBracket,
  quote,
} from "./json-scan.ts";

/** The first byte at or behind `from` that is no white space; the length where there is none. */
export function skipSpaceBytes(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

/** Up to this length bytes are compared one by one: a call of the engine's own comparison costs as much. */
const shortBytes = 64;

/** True where these very bytes stand at `at`. */
export function standsAt(bytes: Buffer, at: number, own: Uint8Array): boolean {
  const end = at + own.length;
  if (end > bytes.length) return false;
  if (own.length > shortBytes) return bytes.compare(own, 0, own.length, at, end) === 0;
  let same = 0;
  while (same < own.length && bytes[at + same] === own[same]) same++;
  return same === own.length;
}

/** Up to this length a string is looked through byte by byte: a search costs as much as these. */
const shortStringBytes = 32;

/** The position behind the string that opens at `from`; -1 where it does not end. */
export function skipStringBytes(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  for (;;) {
    const near = Math.min(at + shortStringBytes, bytes.length);
    while (at < near && bytes[at] !== quote) at++;
    if (bytes[at] !== quote) at = bytes.indexOf(quote, at);
    if (at === -1) return -1;
    let escapes = at;
    while (escapes - 1 > from && bytes[escapes - 1] === backslash) escapes--;
    at++;
    if ((at - 1 - escapes) % 2 === 0) return at;
  }
}

/**
 * The position behind the value that starts at `from`; -1 where it does not end, or nests too deep.
 * Only strings and brackets are looked at: whether the rest is JSON shows when it is parsed.
 */
export function skipValueBytes(bytes: Uint8Array, from: number): number {
  const first = bytes[from];
  if (first === quote) return skipStringBytes(bytes, from);
  if (first !== openBrace && first !== openBracket) return skipScalarBytes(bytes, from);
  const closers: number[] = [];
  for (let at = from; at < bytes.length && at !== -1;) {
    const byte = bytes[at];
    if (byte === quote) {
      at = skipStringBytes(bytes, at);
      continue;
    }
    if (byte === openBrace || byte === openBracket) {
      if (closers.length >= jsonDepthMax) return -1;
      closers.push(byte === openBrace ? closeBrace : closeBracket);
    } else if (byte === closeBrace || byte === closeBracket) {
      if (closers.pop() !== byte) return -1;
      if (closers.length === 0) return at + 1;
    }
    at++;
  }
  return -1;
}

function skipScalarBytes(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte <= 0x20 || byte === comma || byte === closeBrace || byte === closeBracket) break;
  }
  return at === from ? -1 : at;
}
