import type { PromptPart, PromptSubject } from "../../exchange/moments.ts";
import type { Media, Message } from "../../exchange/prompt.ts";
import type { Call } from "../../exchange/turn.ts";
import { canonicalJson } from "../../text/canonical-json.ts";

/** A call of the history with what came back of it; undefined where nothing did. */
export interface Step {
  readonly call: Call;
  readonly result: PromptPart | undefined;
}

/** The calls of one turn of the model. `message` is the index of the message that holds them. */
export interface Round {
  readonly message: number;
  readonly steps: readonly Step[];
}

/**
 * The turns with calls at the end of a history, the latest first, back to where a user last spoke;
 * none where the history does not end with results. A caller that stops early costs nothing more.
 */
export function* latestRounds({ messages, parts }: PromptSubject): Generator<Round, void, undefined> {
  let results: PromptPart[] = [];
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at] as Message;
    if (message.hasResults) {
      const own = parts.slice(message.partsFrom, message.partsTo).filter(({ kind }) => kind === "result");
      results = [...own, ...results];
    } else if (message.hasUserContent) return;
    if (!message.hasCalls) continue;
    yield { message: at, steps: paired(message.calls, results) };
    results = [];
  }
}

/** By id, as far as ids agree (the deprecated `function_call` has none), else in their order. */
function paired(calls: readonly Call[], results: readonly PromptPart[]): readonly Step[] {
  const open = [...results];
  return calls.map((call) => {
    const at = open.findIndex(({ result }) => result?.callId === call.id);
    return { call, result: open.splice(Math.max(at, 0), 1)[0] };
  });
}

/** The same call with the same result, whatever ids they have and however a client spells them. */
export function sameStep(one: Step, other: Step): boolean {
  return sameCall(one.call, other.call) && sameResult(one.result, other.result);
}

function sameCall(one: Call, other: Call): boolean {
  if (one.name !== other.name || one.kind !== other.kind) return false;
  if (one.argumentsText === other.argumentsText) return true;
  if (one.kind === "custom") return false;
  const canonical = canonicalJson(one.argumentsText);
  return canonical !== null && canonical === canonicalJson(other.argumentsText);
}

function sameResult(one: PromptPart | undefined, other: PromptPart | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return (
    one.result?.isError === other.result?.isError &&
    one.texts.length === other.texts.length &&
    one.texts.every((text, at) => text === other.texts[at]) &&
    one.media.length === other.media.length &&
    one.media.every((media, at) => sameMedia(media, other.media[at]))
  );
}

/** What stands behind a URL may be another picture every time. */
function sameMedia(one: Media, other: Media | undefined): boolean {
  return one.base64 !== undefined && one.base64 === other?.base64;
}

/** Calls of one turn run side by side: in which order they stand says nothing. More are not compared. */
const unorderedMax = 32;

/** True where both turns made the same calls and got the same results. */
export function sameRound(one: Round, other: Round): boolean {
  const { length } = one.steps;
  if (length !== other.steps.length) return false;
  if (one.steps.every((step, at) => sameStep(step, other.steps[at] as Step))) return true;
  if (length === 1 || length > unorderedMax) return false;
  const left = [...other.steps];
  return one.steps.every((step) => {
    const at = left.findIndex((candidate) => sameStep(step, candidate));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}
