import type { Fact, NewFact } from "../../exchange/fact.ts";
import type { PromptSubject } from "../../exchange/moments.ts";
import type { PromptEdit } from "../../exchange/prompt.ts";
import { membership, nothingDropped, pinnedGroups, type Frontier, type Range } from "./trim.ts";

const frontierKind = "trim-frontier";
const ratioKind = "token-ratio";

/**
 * A frontier as it is written down. Chains prove that a later request continues the very
 * conversation that was trimmed: they stand for the last dropped message and everything before it,
 * and for the last message whose thinking is removed.
 */
interface FrontierValue {
  readonly model: string;
  readonly dropped: readonly Range[];
  readonly droppedChain: string;
  readonly thinkingTo: number;
  readonly thinkingChain: string | null;
}

/**
 * The newest frontier of this model that the request continues. One does not apply where the client
 * went back behind it or took another branch; what is pinned now is never dropped by an old decision.
 */
export function knownFrontier(subject: PromptSubject): Frontier {
  const { facts, chains, messages, model } = subject;
  if (!facts.some(({ kind }) => kind === frontierKind)) return nothingDropped;
  const pinned = pinnedGroups(messages, messages.length);
  const found = facts.findLast((fact) => {
    const value = frontierValue(fact);
    if (value?.model !== model || chains[lastDropped(value)] !== value.droppedChain) return false;
    if (value.thinkingTo > 0 && chains[value.thinkingTo - 1] !== value.thinkingChain) return false;
    return [...membership(value, messages)].every((index) => !pinned.has(messages[index]?.group ?? -1));
  });
  return (found === undefined ? undefined : frontierValue(found)) ?? nothingDropped;
}

export function frontierFact(subject: PromptSubject, frontier: Frontier): NewFact {
  const value: FrontierValue = {
    model: subject.model,
    dropped: frontier.dropped,
    droppedChain: subject.chains[lastDropped(frontier)] ?? "",
    thinkingTo: frontier.thinkingTo,
    thinkingChain: frontier.thinkingTo === 0 ? null : (subject.chains[frontier.thinkingTo - 1] ?? ""),
  };
  return { kind: frontierKind, value };
}

/** The ratio that this conversation was first trimmed with: another one would trim elsewhere. */
export function frozenRatio(facts: readonly Fact[], model: string): number | undefined {
  for (const { kind, value } of facts) {
    if (kind !== ratioKind || !isObject(value) || value["model"] !== model) continue;
    if (typeof value["ratio"] === "number" && value["ratio"] > 0) return value["ratio"];
  }
  return undefined;
}

export function ratioFact(model: string, ratio: number): NewFact {
  return { kind: ratioKind, value: { model, ratio } };
}

/** The edits that make a prompt what a frontier says, each message named once. */
export function editsOf(subject: PromptSubject, frontier: Frontier): readonly PromptEdit[] {
  const edits: PromptEdit[] = frontier.dropped.map(([from, to]) => ({ kind: "drop-messages", from, to }));
  const gone = membership(frontier, subject.messages);
  for (const { index, partsFrom, partsTo } of subject.messages.slice(0, frontier.thinkingTo)) {
    if (gone.has(index)) continue;
    const parts = subject.parts.slice(partsFrom, partsTo);
    if (!parts.some((part) => part.kind === "thinking")) continue;
    // A message of nothing but thinking would be left empty, which providers refuse.
    const kind = parts.every((part) => part.kind === "thinking") ? "drop-messages" : "drop-thinking";
    edits.push({ kind, from: index, to: index + 1 });
  }
  return edits;
}

function lastDropped({ dropped }: Pick<Frontier, "dropped">): number {
  return (dropped.at(-1)?.[1] ?? 0) - 1;
}

/** A fact of our kind as it was written; undefined for any other, and for one that makes no sense. */
function frontierValue({ kind, value }: Fact): FrontierValue | undefined {
  if (kind !== frontierKind || !isObject(value)) return undefined;
  const { model, dropped, droppedChain, thinkingTo, thinkingChain } = value;
  if (typeof model !== "string" || typeof droppedChain !== "string") return undefined;
  if (!isIndex(thinkingTo) || (thinkingChain !== null && typeof thinkingChain !== "string")) return undefined;
  if (!Array.isArray(dropped) || dropped.length === 0 || !dropped.every(isRange)) return undefined;
  return { model, dropped, droppedChain, thinkingTo, thinkingChain };
}

function isRange(value: unknown): value is Range {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    isIndex(value[0]) &&
    isIndex(value[1]) &&
    value[0] < value[1]
  );
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
