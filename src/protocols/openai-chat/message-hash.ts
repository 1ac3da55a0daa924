import type { Call } from "../../exchange/turn.ts";
import { sha256Hex } from "../../text/hash.ts";
import { canonicalArguments } from "../openai-arguments.ts";

/** What a message says, freed from how a client wrote it. */
export interface Said {
  readonly role: string;
  readonly name: string | undefined;
  readonly text: string;
  readonly attachments: readonly string[];
  readonly calls: readonly Pick<Call, "name" | "kind" | "argumentsText">[];
}

/**
 * The hash of what a message says. Clients read an answer and write it anew on the next turn: they
 * move between null, absent and empty content, write arguments with other spaces, drop fields that
 * they do not know, and some give calls other ids. None of that changes the hash.
 */
export function messageHash(said: Said): string {
  const calls: string[] = [];
  for (const call of said.calls) calls.push(call.kind, call.name, canonicalArguments(call));
  return sha256Hex(
    "openai-chat message",
    said.role,
    said.name ?? "",
    said.text,
    String(said.attachments.length),
    ...said.attachments,
    ...calls,
  );
}
