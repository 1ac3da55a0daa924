import { canonicalJson } from "./canonical-json.ts";

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
