import { hash } from "node:crypto";

/** Engines hash longer strings by their length alone. */
const ownKeyCharsMax = 16_383;

/**
 * What a map finds a JSON text by: the text itself, or of a long one its hash. Many texts of one length
 * would else be compared with each other one by one.
 */
export function textKey(text: string): string {
  // UTF-8 has no form for a lone surrogate: texts that differ in one would have one hash.
  if (text.length <= ownKeyCharsMax || !text.isWellFormed()) return text;
  // No JSON begins with this mark.
  return `#${hash("sha256", text, "base64")}`;
}
