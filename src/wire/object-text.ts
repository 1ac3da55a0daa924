import { checkValue } from "./json-check.ts";
import { JsonTextError, openBrace, skipSpace } from "./json-scan.ts";

/**
 * True where the whole text is one JSON object, as the arguments of a call must be. A byte order mark
 * may begin a document (RFC 8259, section 8.1) but not a value inside of one, where arguments stand.
 */
export function isObjectText(text: string): boolean {
  const start = skipSpace(text, 0);
  if (text.charCodeAt(start) !== openBrace) return false;
  try {
    return skipSpace(text, checkValue(text, start)) === text.length;
  } catch (error) {
    if (error instanceof JsonTextError) return false;
    throw error;
  }
}
