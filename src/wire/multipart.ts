/** One part of a multipart body: its header lines as they stand, byte for character, and its bytes. */
export interface MultipartPart {
  readonly headers: string;
  readonly body: Uint8Array;
}

/** More parts than anybody sends, and fewer than a list may have that is spread into a call. */
const partsMax = 10_000;

/**
 * The parts of a multipart body (RFC 2046, 5.1), or null where it is not plainly one: cut, with text
 * before or behind its parts, with padded delimiters, with too many parts, or with lines that one
 * parser takes for a delimiter and another does not.
 */
export function readMultipart(bytes: Uint8Array, boundary: string): readonly MultipartPart[] | null {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,68}[\x21-\x7e])?$/.test(boundary)) return null;
  // Byte for character: positions in the text are positions in the bytes.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const opening = `--${boundary}\r\n`;
  if (!text.startsWith(opening)) return null;
  const parts: MultipartPart[] = [];
  let at = opening.length;
  for (;;) {
    // The line break before a delimiter belongs to it; an empty part may have none of its own.
    const end = text.indexOf(`\r\n--${boundary}`, at - 2);
    if (end < 0) return null;
    const part = readPart(text, bytes, at, end);
    if (part === null) return null;
    parts.push(part);
    if (parts.length > partsMax) return null;
    const behind = end + boundary.length + 4;
    if (text.startsWith("--", behind)) return /^(?:\r\n)?$/.test(text.slice(behind + 2)) ? parts : null;
    if (!text.startsWith("\r\n", behind)) return null;
    at = behind + 2;
  }
}

function readPart(text: string, bytes: Uint8Array, at: number, end: number): MultipartPart | null {
  if (text.startsWith("\r\n", at)) {
    return at + 2 > end ? null : { headers: "", body: bytes.subarray(at + 2, end) };
  }
  const blank = text.indexOf("\r\n\r\n", at);
  if (blank < 0 || blank + 4 > end) return null;
  return { headers: text.slice(at, blank), body: bytes.subarray(blank + 4, end) };
}
