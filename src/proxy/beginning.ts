import type { Caller } from "../exchange/exchange.ts";
import type { Prompt } from "../exchange/prompt.ts";
import type { Conversations, KnownFacts } from "./conversation.ts";

const beginningKind = "beginning";

/**
 * From which message on a conversation may be rewritten, on models that bind thinking to all that
 * came before it. One that was seen from its start: from 0. One that was under way when it was
 * first seen: not before its latest user message of that time, because the thinking in it was made
 * on the text as the client has it. The answer is a fact, so that it stays the same for ever.
 */
export async function beginning(
  conversations: Conversations,
  caller: Caller,
  conversation: string,
  prompt: Prompt,
  known: KnownFacts,
): Promise<number> {
  const fact = known.facts.find(({ kind }) => kind === beginningKind);
  if (fact !== undefined) return (fact.value as { readonly from: number }).from;
  const from = prompt.parts.some(({ kind }) => kind === "thinking") ? latestUserMessage(prompt) : 0;
  if (known.writable)
    await conversations.append(caller, conversation, [{ kind: beginningKind, value: { from } }]);
  return from;
}

function latestUserMessage(prompt: Prompt): number {
  const latest = prompt.messages.findLast(({ role, hasUserContent }) => role === "user" && hasUserContent);
  return latest?.index ?? 0;
}
