import type { Fact, NewFact } from "../exchange/fact.ts";
import type { Prompt, PromptEdit } from "../exchange/prompt.ts";

/** The kind of fact that a splice is. */
const spliceKind = "splice";

/**
 * The record that what the client was shown differs from what the model said. `shown` is the chain
 * up to and including the assistant message that the client will send back; `truth` are the
 * upstream's true messages that stand in its place.
 */
export interface Splice {
  readonly shown: string;
  /** The chain before that message, and the ids of the calls in it: they tell a changed copy. */
  readonly before: string;
  readonly callIds: readonly string[];
  readonly truth: readonly string[];
}

export function spliceFact(splice: Splice): NewFact {
  return { kind: spliceKind, value: splice };
}

type ReplaceMessage = Extract<PromptEdit, { kind: "replace-message" }>;

export interface Restored {
  readonly edits: readonly ReplaceMessage[];
  /** Index of the first message whose true form is lost: thinking from there on is void. */
  readonly lostFrom: number | null;
}

/**
 * Puts the model's own words back into a history that the client was shown otherwise. A copy that
 * the client changed, or one with two different truths, is left alone.
 */
export function restoreSplices(
  prompt: Prompt,
  chain: readonly string[],
  start: string,
  facts: readonly Fact[],
): Restored {
  const splices = splicesOf(facts);
  if (splices.length === 0) return { edits: [], lostFrom: null };
  const edits: ReplaceMessage[] = [];
  let lostFrom: number | null = null;
  for (const message of prompt.messages) {
    if (message.role !== "assistant") continue;
    const here = chain[message.index];
    const before = message.index > 0 ? chain[message.index - 1] : start;
    const candidates = splices.filter(
      (splice) => splice.shown === here && sameIds(splice.callIds, message.callIds),
    );
    const [first] = candidates;
    if (first !== undefined && candidates.every((other) => sameTruth(first, other))) {
      edits.push({ kind: "replace-message", message: message.index, rawMessages: first.truth });
    } else if (
      first !== undefined ||
      splices.some((splice) => isChangedCopy(splice, before, message.callIds))
    ) {
      lostFrom ??= message.index;
    }
  }
  return { edits, lostFrom };
}

/**
 * Which messages of `restored`, the history with the edits carried out, came from splices. A splice records
 * elements, and where a protocol writes a turn as several, a message is a run of them: so messages are
 * found by their place in the text, never by counting. What is not found there counts as the client's.
 */
export function restoredMessages(edits: readonly ReplaceMessage[], restored: Prompt): ReadonlySet<number> {
  const found = new Set<number>();
  let shift = 0;
  for (const { message, rawMessages } of edits) {
    const from = message + shift;
    const end = endOfElements(restored, from, rawMessages);
    let to = from;
    for (let next = restored.messages[to]; next !== undefined && next.span.start < end;) {
      found.add(to);
      to += 1;
      next = restored.messages[to];
    }
    shift += to - from - 1;
  }
  return found;
}

/** Where, in the text, the last of these elements ends that stand one after another from a message on. */
function endOfElements({ text, messages }: Prompt, from: number, elements: readonly string[]): number {
  let end = messages[from]?.span.start ?? text.length;
  for (const element of elements) {
    let at = end;
    while (/[\s,]/.test(text.charAt(at))) at += 1;
    if (!text.startsWith(element, at)) break;
    end = at + element.length;
  }
  return end;
}

/**
 * Where conversations begin alike, an equal answer may be another one: asked for by a run of its own,
 * right at once or repaired otherwise. The results that follow name its calls and no others.
 */
function sameIds(shown: readonly string[], sent: readonly string[]): boolean {
  const named = sent.filter((id) => id !== "");
  return shown.length === named.length && shown.every((id, index) => id === named[index]);
}

/**
 * Same place in the conversation and a call of the splice in it, but no longer the same words. A
 * splice without calls has only its place: to take another answer for it costs that answer's
 * thinking, to miss it costs the whole request.
 */
function isChangedCopy(splice: Splice, before: string | undefined, callIds: readonly string[]): boolean {
  if (splice.before !== before) return false;
  if (splice.callIds.length === 0) return callIds.length === 0;
  return splice.callIds.some((id) => callIds.includes(id));
}

function sameTruth(one: Splice, other: Splice): boolean {
  return one.truth.length === other.truth.length && one.truth.every((text, i) => text === other.truth[i]);
}

function splicesOf(facts: readonly Fact[]): readonly Splice[] {
  return facts.filter(({ kind }) => kind === spliceKind).map(({ value }) => value as Splice);
}
