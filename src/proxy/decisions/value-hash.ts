import { argumentsKey } from "../../text/arguments-key.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { sha256Hex } from "../../text/hash.ts";

/** Hex digits of a hash that are kept: enough that no two values of a run ever share them. */
const hashLength = 32;

/**
 * A hash over a value, equal for every copy of it that a client makes: order of names, white space and the
 * spelling of numbers make no difference, and neither do digits that a client in JavaScript loses.
 */
export function jsonHash(json: string): string {
  return sha256Hex("decided value 1", argumentsKey(json)).slice(0, hashLength);
}

/** The hashes of what a text may stand for: itself, or a number or a truth value that is written so. */
export function textHashes(text: string): readonly string[] {
  const asText = jsonHash(JSON.stringify(text));
  const isPlain = /^(?:true|false|-?\d[\d.eE+-]*)$/.test(text) && canonicalJson(text) !== null;
  return isPlain ? [asText, jsonHash(text)] : [asText];
}

/** The hash of what is not there, and counts as equal to it. */
export const nullHash = jsonHash("null");
