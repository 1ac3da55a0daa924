import { canonicalJson } from "../../text/canonical-json.ts";
import { checkJson } from "../../wire/json-check.ts";
import { JsonTextError } from "../../wire/json-scan.ts";
import { rootSpan, typeAt } from "../../wire/json-text.ts";

/** True where the whole text is one JSON object, as the arguments of a call must be. */
export function isObjectText(text: string): boolean {
  try {
    checkJson(text);
    return typeAt(text, rootSpan(text)) === "object";
  } catch (error) {
    if (error instanceof JsonTextError) return false;
    throw error;
  }
}

/**
 * One key for arguments and for every copy of them that a client makes. Clients in JavaScript send
 * back what `JSON.parse` and `JSON.stringify` made of them (large integers rounded, of duplicate names
 * the last), clients in Python keep the digits: the round trip made here gives both the same key.
 */
export function argumentsKey(argumentsText: string): string {
  try {
    const copy = JSON.stringify(JSON.parse(argumentsText));
    const canonical = canonicalJson(copy);
    return canonical === null ? `copy ${copy}` : `canonical ${canonical}`;
  } catch (error) {
    // Malformed, or too deep to be written again: no client has a copy in other words.
    if (error instanceof SyntaxError || error instanceof RangeError) return `raw ${argumentsText}`;
    throw error;
  }
}
