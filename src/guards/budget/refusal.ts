import type { PromptSubject } from "../../exchange/moments.ts";
import type { Limits } from "./limits.ts";
import { pinnedGroups } from "./trim.ts";
import type { Weights } from "./weights.ts";

interface Item {
  readonly name: string;
  readonly tokens: number;
}

/** What takes the room of a prompt whose pinned parts alone are too large, and what can be done. */
export function pinnedTooLarge(subject: PromptSubject, weights: Weights, limits: Limits): string {
  const items = pinnedItems(subject, weights);
  const pinned = items.reduce((sum, item) => sum + item.tokens, 0);
  return [
    `The prompt cannot be made to fit: what is never dropped takes about ${count(pinned)} tokens,`,
    `and the budget of ${subject.model} is ${count(limits.budgetTokens)}${reserved(limits)}.`,
    `It consists of: ${listed(items)}.`,
    "Shorten the largest of these, offer fewer tools, ask for a shorter answer,",
    "use a model with a larger window, or raise tokensMax or windows of the guard budget.",
  ].join(" ");
}

/** A prompt that is over the window while nothing new may be decided about it. */
export function ledgerDown(subject: PromptSubject, tokens: number, limits: Limits): string {
  return [
    `The prompt has about ${count(tokens)} tokens`,
    `and ${subject.model} takes ${count(limits.promptTokensMax)}${reserved(limits)}.`,
    "It would be trimmed, but what is dropped must be written down first, and that is not possible now",
    "(the ledger is down, or the beginning of this conversation did not pass through Longstop).",
    "Send a shorter history.",
  ].join(" ");
}

/** A prompt that goes on over its budget, because a trim would cost more than it gives. */
export function leftOverBudget(subject: PromptSubject, tokens: number, limits: Limits): string {
  return [
    `A prompt for ${subject.model} has about ${count(tokens)} tokens,`,
    `its budget is ${count(limits.budgetTokens)}.`,
    "It was not trimmed, because this model rejects its own thinking after an edit;",
    "inside a tool loop that thinking must stay.",
  ].join(" ");
}

function pinnedItems(subject: PromptSubject, weights: Weights): readonly Item[] {
  const { messages } = subject;
  const pinned = pinnedGroups(messages, messages.length);
  const task = messages.find((message) => message.hasUserContent)?.group;
  const latest = messages.findLast((message) => message.hasUserContent)?.group;
  const names = new Map<string, number>([
    ["the system prompt", weights.system],
    [`the definitions of ${subject.offers.length} tools`, weights.tools],
  ]);
  for (const { index, role, group } of messages) {
    if (role !== "system" && !pinned.has(group)) continue;
    const name = role === "system" ? "the system prompt" : nameOf(group, task, latest);
    const weight = weights.messages[index];
    names.set(name, (names.get(name) ?? 0) + (weight?.said ?? 0) + (weight?.thinking ?? 0));
  }
  return [...names].map(([name, tokens]) => ({ name, tokens }));
}

function nameOf(group: number, task: number | undefined, latest: number | undefined): string {
  if (group === task) return "the task (the first user message)";
  return group === latest
    ? "the latest user message"
    : "the tool calls that are being answered, with their results";
}

function listed(items: readonly Item[]): string {
  return items
    .filter((item) => item.tokens > 0)
    .toSorted((left, right) => right.tokens - left.tokens)
    .map((item) => `${item.name} ${count(item.tokens)}`)
    .join(", ");
}

function reserved({ answerTokens }: Limits): string {
  return answerTokens === 0 ? "" : ` (${count(answerTokens)} more are kept free for the answer)`;
}

function count(tokens: number): string {
  return Math.ceil(tokens).toLocaleString("en-US");
}
