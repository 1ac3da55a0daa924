import type { Fact, NewFact } from "../../../src/exchange/fact.ts";
import type { PromptSubject } from "../../../src/exchange/moments.ts";
import type { Prompt } from "../../../src/exchange/prompt.ts";
import type { Verdict } from "../../../src/exchange/verdict.ts";
import type { PromptRewrite } from "../../../src/exchange/moments.ts";
import { budget } from "../../../src/guards/budget/budget.ts";
import { anthropicMessages } from "../../../src/protocols/anthropic-messages/index.ts";
import { openaiChat } from "../../../src/protocols/openai-chat/index.ts";
import { chainOf } from "../../../src/proxy/chains.ts";

/** A text of about `tokens` tokens, told apart from others by its first word. */
export function words(first: string, tokens: number): string {
  return `${first}${" word".repeat(Math.max(0, tokens - 1))}`;
}

/** A message of a client, in either wire format: what the tests build requests of. */
export type WireMessage = Readonly<Record<string, unknown>>;

export const user = (text: string): WireMessage => ({ role: "user", content: text });
export const assistant = (text: string): WireMessage => ({ role: "assistant", content: text });
export const system = (text: string): WireMessage => ({ role: "system", content: text });

/** A message with calls and their results, as an OpenAI client sends them. Ids are what they are given. */
export function toolTurn(ids: readonly string[], result: string): readonly WireMessage[] {
  const calls = ids.map((id) => ({
    id,
    type: "function",
    function: { name: "look", arguments: '{"at":"it"}' },
  }));
  return [
    { role: "assistant", content: null, tool_calls: calls },
    ...ids.map((id) => ({ role: "tool", tool_call_id: id, content: result })),
  ];
}

const looking = { type: "object", properties: { at: { type: "string" } } };

export function openaiRequest(messages: readonly WireMessage[], more: object = {}): Prompt {
  const tools = [{ type: "function", function: { name: "look", parameters: looking } }];
  return openaiChat.readPrompt(
    JSON.stringify({ model: "gpt-4o", tools, messages, ...more }),
    "/v1/chat/completions",
  );
}

export function anthropicRequest(messages: readonly WireMessage[], more: object = {}): Prompt {
  const tools = [{ name: "look", input_schema: looking }];
  const head = { model: "claude-fable-5-1", max_tokens: 1_000, system: "Be brief.", tools };
  return anthropicMessages.readPrompt(JSON.stringify({ ...head, messages, ...more }), "/v1/messages");
}

export function subjectOf(prompt: Prompt, more: Partial<PromptSubject> = {}): PromptSubject {
  return {
    model: prompt.model,
    answerTokensMax: prompt.answerTokensMax,
    bindsThinking: false,
    offers: prompt.offers,
    messages: prompt.messages,
    parts: prompt.parts.map((part) => ({ ...part, currentTexts: part.texts, dropped: false })),
    chains: chainOf(prompt, "upstream"),
    appended: [],
    facts: [],
    factsWritable: true,
    run: null,
    ...more,
  };
}

/** Facts as the ledger gives them back. */
export function written(facts: readonly NewFact[] = []): readonly Fact[] {
  return facts.map(({ kind, value }, sequence) => {
    const stored: unknown = JSON.parse(JSON.stringify(value));
    return { tenant: "local", subject: "conversation:1", kind, value: stored, sequence, atMs: 0 };
  });
}

/** The guard on duty, and what it reported to the operator. */
export function onDuty(options: object = {}) {
  const reports: string[] = [];
  const defaults = Object.entries<{ readonly default: unknown }>(budget.options);
  const watcher = budget.watch(
    { ...Object.fromEntries(defaults.map(([name, option]) => [name, option.default])), ...options },
    {
      now: () => 0,
      framingKey: async () => new Uint8Array(),
      report: (_, sentence) => reports.push(sentence),
    },
  );
  const exchange = {
    id: "1",
    plane: "llm",
    protocol: "any",
    caller: { tenant: "local", run: { id: null, stage: null, attempt: null }, agent: null },
    target: "upstream",
    signal: new AbortController().signal,
  } as const;
  const judge = async (subject: PromptSubject): Promise<Verdict<PromptRewrite>> => {
    const verdict = await watcher.watches.prompt?.(subject, exchange);
    if (verdict === undefined) throw new Error("budget does not watch prompts");
    return verdict;
  };
  return { judge, reports };
}

/** The body that leaves, or undefined where the request is refused. */
export function bodyAfter(prompt: Prompt, verdict: Verdict<PromptRewrite>): string | undefined {
  if (verdict.kind === "pass") return prompt.text;
  if (verdict.kind !== "rewrite") return undefined;
  const protocol = prompt.model.startsWith("claude") ? anthropicMessages : openaiChat;
  return protocol.editPrompt(prompt, verdict.to.edits);
}

export function messagesOf(body: string): readonly WireMessage[] {
  return (JSON.parse(body) as { readonly messages: readonly WireMessage[] }).messages;
}
