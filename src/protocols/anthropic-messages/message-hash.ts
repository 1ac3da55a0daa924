import type { Role } from "../../exchange/prompt.ts";
import type { Call } from "../../exchange/turn.ts";
import { argumentsKey } from "../../text/arguments-key.ts";
import { sha256Hex } from "../../text/hash.ts";

/** What a message says, whatever blocks it says it in. */
export interface Said {
  readonly role: Role;
  /** All text blocks, joined. */
  readonly text: string;
  readonly calls: readonly Pick<Call, "name" | "argumentsText">[];
  /** The texts of each result, joined. */
  readonly results: readonly string[];
  /** Canonical texts of images, documents and changes of the offered tools. */
  readonly rest: readonly string[];
}

/** The hash of what a message says (`Message.hash`). */
export function saidHash({ role, text, calls, results, rest }: Said): string {
  return sha256Hex(
    "anthropic message 1",
    role,
    text,
    String(calls.length),
    ...calls.flatMap((call) => [call.name, argumentsKey(call.argumentsText)]),
    String(results.length),
    ...results,
    ...rest,
  );
}
