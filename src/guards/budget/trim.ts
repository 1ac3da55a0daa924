import type { Message } from "../../exchange/prompt.ts";
import type { Weights } from "./weights.ts";

/** Message indexes `from <= index < to`. */
export type Range = readonly [from: number, to: number];

/** What is gone from the beginning of a conversation, in this request and in every later one. */
export interface Frontier {
  /** Messages that are dropped; system messages within stay. In order, apart from each other. */
  readonly dropped: readonly Range[];
  /** Thinking is removed from every message before this one. */
  readonly thinkingTo: number;
}

export const nothingDropped: Frontier = { dropped: [], thinkingTo: 0 };

export interface History {
  readonly messages: readonly Message[];
  readonly weights: Weights;
}

export interface TrimRules {
  /** High water, in tokens: above it something is dropped. */
  readonly budgetTokens: number;
  /** Share of what is not pinned that is left after a trim. */
  readonly lowWater: number;
  /** The model rejects thinking behind an edit, so that a trim takes all thinking that there is. */
  readonly bindsThinking: boolean;
  /** On such a model: whether to trim at all. */
  readonly trimsBoundThinking: boolean;
}

/** A trim that frees less than this share of what it could free goes on. */
const freedShareMin = 0.1;

/**
 * The frontier of a request that is too large, given the one known so far.
 *
 * The client sends its whole history every time, and every message of the model in it stands where an
 * earlier request ended. Each of those requests is gone through, the oldest first, and trimmed if it
 * was too large: so that the same history always leads to the same frontier, also where no record of
 * it is left. What was decided once is only ever added to.
 *
 * Not so where thinking is bound to what stood before it: if an earlier request was sent untrimmed
 * after all, the thinking since then is bound to that, so only the present request is looked at.
 */
export function frontierOf(history: History, rules: TrimRules, known: Frontier): Frontier {
  const { messages, weights } = history;
  const bound =
    rules.bindsThinking && weights.messages.slice(known.thinkingTo).some((one) => one.holdsThinking);
  let frontier = known;
  let gone = membership(frontier, messages);
  let total = weights.system + weights.tools;
  for (let end = 0; end <= messages.length; end += 1) {
    const endsRequest = end === messages.length || (!bound && messages[end]?.role === "assistant");
    if (endsRequest && end > settledTo(frontier) && total > rules.budgetTokens) {
      const next = trim(history, rules, frontier, end);
      if (next !== frontier) {
        frontier = next;
        gone = membership(frontier, messages);
        total = tokensUpTo(history, frontier, end);
      }
    }
    if (!gone.has(end)) total += weightOf(history, frontier, end);
  }
  return frontier;
}

/** Tokens of the first `end` messages as they are sent under a frontier. */
export function tokensUpTo(history: History, frontier: Frontier, end: number): number {
  const gone = membership(frontier, history.messages);
  let total = history.weights.system + history.weights.tools;
  for (let index = 0; index < end; index += 1) {
    if (!gone.has(index)) total += weightOf(history, frontier, index);
  }
  return total;
}

/**
 * Groups that never leave a request of the first `end` messages: of the task, of the latest thing that
 * the user said, and the last one, which is the running tool loop.
 */
export function pinnedGroups(messages: readonly Message[], end: number): ReadonlySet<number> {
  const sent = messages.slice(0, end);
  const task = sent.find((message) => message.hasUserContent);
  const latest = sent.findLast((message) => message.hasUserContent);
  const last = sent.findLast((message) => message.role !== "system");
  return new Set([task, latest, last].flatMap((message) => (message === undefined ? [] : [message.group])));
}

/** Indexes of the messages that a frontier drops. */
export function membership(frontier: Frontier, messages: readonly Message[]): ReadonlySet<number> {
  const gone = new Set<number>();
  for (const [from, to] of frontier.dropped) {
    for (let index = from; index < to; index += 1) {
      if (messages[index]?.role !== "system") gone.add(index);
    }
  }
  return gone;
}

/** True while thinking that must not be removed stands after the latest thing that the user said. */
function loopHoldsThinking(history: History, thinkingTo: number, end: number): boolean {
  const { messages, weights } = history;
  for (let index = end - 1; index >= thinkingTo; index -= 1) {
    if (messages[index]?.hasUserContent === true) return false;
    if (weights.messages[index]?.holdsThinking === true) return true;
  }
  return false;
}

/** Up to here everything was decided when the frontier was set. */
function settledTo(frontier: Frontier): number {
  return Math.max(frontier.thinkingTo, frontier.dropped.at(-1)?.[1] ?? 0);
}

function weightOf({ weights }: History, frontier: Frontier, index: number): number {
  const weight = weights.messages[index];
  if (weight === undefined) return 0;
  return weight.said + (index < frontier.thinkingTo ? 0 : weight.thinking);
}

/** The frontier of one request that is over the budget; the same one where nothing can be done. */
function trim(history: History, rules: TrimRules, known: Frontier, end: number): Frontier {
  if (rules.bindsThinking) {
    if (!rules.trimsBoundThinking || loopHoldsThinking(history, known.thinkingTo, end)) return known;
  }
  const thinkingTo = rules.bindsThinking ? end : known.thinkingTo;
  const before = tokensUpTo(history, { ...known, thinkingTo }, end);
  const groups = trimmableGroups(history, { ...known, thinkingTo }, end);
  const trimmable = groups.reduce((sum, group) => sum + group.tokens, 0);
  const pinned = before - trimmable;
  if (groups.length === 0 || pinned > rules.budgetTokens) return known;

  const low = pinned + rules.lowWater * (rules.budgetTokens - pinned);
  const goal = Math.min(low, before - freedShareMin * trimmable);
  const leaving = oldest(groups, before, goal);
  const left = before - leaving.reduce((sum, { tokens }) => sum + tokens, 0);
  const gone = new Set(membership(known, history.messages));
  const answered = answeredByLatest(history.messages, end);
  for (const group of leaving) {
    // What the user answered last stays before the answer, if there is room: two messages of one role
    // in a row read badly, and some providers refuse them.
    const stays = leaving.length > 1 && group.role === "assistant" && group.messages.includes(answered);
    if (stays && left + group.tokens <= rules.budgetTokens) continue;
    for (const index of group.messages) gone.add(index);
  }
  return { dropped: rangesOf(gone, history.messages), thinkingTo };
}

/** As many of the oldest groups as it takes to come down to the goal, and at least one. */
function oldest(groups: readonly Group[], before: number, goal: number): Group[] {
  let left = before;
  const end = groups.findIndex((group, at) => {
    // A gap behind something that the user said is closed by something that the model said.
    if (at > 0 && left <= goal && group.role !== "user") return true;
    left -= group.tokens;
    return false;
  });
  return groups.slice(0, end < 0 ? groups.length : end);
}

/** Index of the message that the latest message of the user follows: what it answers; -1 without any. */
function answeredByLatest(messages: readonly Message[], end: number): number {
  const latest = messages.findLast(({ index, hasUserContent }) => index < end && hasUserContent);
  const before = messages.findLast(({ index, role }) => index < (latest?.index ?? 0) && role !== "system");
  return before?.index ?? -1;
}

interface Group {
  readonly messages: readonly number[];
  readonly role: Message["role"];
  readonly tokens: number;
}

/** What could be dropped of a request of the first `end` messages, the oldest first. */
function trimmableGroups(history: History, frontier: Frontier, end: number): readonly Group[] {
  const pinned = pinnedGroups(history.messages, end);
  const gone = membership(frontier, history.messages);
  const groups = new Map<number, { messages: number[]; role: Message["role"]; tokens: number }>();
  for (const { index, group, role } of history.messages.slice(0, end)) {
    if (role === "system" || pinned.has(group) || gone.has(index)) continue;
    const found = groups.get(group) ?? { messages: [], role, tokens: 0 };
    found.messages.push(index);
    found.tokens += weightOf(history, frontier, index);
    groups.set(group, found);
  }
  return [...groups.values()];
}

/** Ranges over the dropped messages; a system message between two of them does not part them. */
function rangesOf(gone: ReadonlySet<number>, messages: readonly Message[]): readonly Range[] {
  const ranges: [number, number][] = [];
  let open: [number, number] | undefined;
  for (const { index, role } of messages) {
    if (gone.has(index)) {
      if (open === undefined) ranges.push((open = [index, index + 1]));
      else open[1] = index + 1;
    } else if (role !== "system") open = undefined;
  }
  return ranges;
}
