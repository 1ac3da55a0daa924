import type { Call } from "../../exchange/turn.ts";
import { argumentsKey } from "../../text/arguments-key.ts";
import { sha256Hex } from "../../text/hash.ts";

/** What a content says, whatever parts it says it in. */
export interface Said {
  readonly role: "model" | "user";
  /** All text that is no thought, joined. */
  readonly text: string;
  readonly calls: readonly Pick<Call, "name" | "argumentsText">[];
  /** For each result the text in it. */
  readonly results: readonly string[];
  /** Canonical texts of media and of parts that this version does not know. */
  readonly rest: readonly string[];
}

/** The hash of what a message says (`Message.hash`): ids and signatures are none of it. */
export function saidHash({ role, text, calls, results, rest }: Said): string {
  return sha256Hex(
    "gemini message 1",
    role,
    text,
    String(calls.length),
    ...calls.flatMap((call) => [call.name, argumentsKey(call.argumentsText)]),
    String(results.length),
    ...results,
    ...rest,
  );
}
