import type { Call } from "../../exchange/turn.ts";
import { sha256Hex } from "../../text/hash.ts";
import { canonicalArguments } from "../openai-arguments.ts";

/** What a message says, freed from how a client wrote it. */
export interface Said {
  readonly role: string;
  readonly text: string;
  readonly calls: readonly Pick<Call, "name" | "kind" | "argumentsText">[];
  /** Canonical texts of what cannot be said in other words: images, references to what is kept. */
  readonly rest: readonly string[];
}

/**
 * The hash of what a message says. Clients read an answer and write it anew on the next turn: they drop
 * ids, status, phase and reasoning, or put references in place of reasoning, join or part texts, and
 * write arguments with other spaces. None of that changes the hash.
 */
export function saidHash({ role, text, calls, rest }: Said): string {
  return sha256Hex(
    "openai-responses message",
    role,
    text,
    String(calls.length),
    ...calls.flatMap((call) => [call.kind, call.name, canonicalArguments(call)]),
    ...rest,
  );
}
