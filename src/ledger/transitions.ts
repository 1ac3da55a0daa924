import { isDeepStrictEqual } from "node:util";
import type { ClaimState, RecordedAnswer, Settlement } from "./ledger.ts";

/**
 * Which settlements a record takes, and the state that it then has: `transitions[from][settled]`.
 * What is not in the table is refused, and the record stays as it is.
 *
 * A doubt also ends by evidence that came late, from the claimer itself: an answer makes it `done`;
 * a refusal, or proof that nothing left, makes it `resolved-not-done`, because by then somebody may
 * have been told that its outcome is unknown.
 */
export const transitions: Readonly<Record<ClaimState, Readonly<Partial<Record<ClaimState, ClaimState>>>>> = {
  intent: { done: "done", declined: "declined", "not-sent": "not-sent", "in-doubt": "in-doubt" },
  done: { done: "done" },
  declined: {},
  "not-sent": {},
  "in-doubt": {
    done: "done",
    declined: "resolved-not-done",
    "not-sent": "resolved-not-done",
    "resolved-done": "resolved-done",
    "resolved-not-done": "resolved-not-done",
    abandoned: "abandoned",
  },
  "resolved-done": {},
  "resolved-not-done": {},
  abandoned: {},
};

/**
 * The state after `settlement`, or null where the table has no such way. `done` is settled again
 * only to say more of an answer that was cut. A second dispatch that was refused, or never left,
 * says nothing of the first: the doubt stays.
 */
export function settledState(
  from: { readonly state: ClaimState; readonly answer: RecordedAnswer | null; readonly doubted: boolean },
  settlement: Settlement,
): ClaimState | null {
  const to = transitions[from.state][settlement.state] ?? null;
  if (from.doubted && (settlement.state === "declined" || settlement.state === "not-sent")) {
    return from.state === "intent" ? "in-doubt" : null;
  }
  if (from.state !== "done") return to;
  return from.answer?.extent === "cut" && settlement.answer !== undefined ? to : null;
}

/** True where the record is as the settlement has it: whoever did not hear of the first sends it again. */
export function isSettledAs(
  record: { readonly state: ClaimState; readonly answer: RecordedAnswer | null },
  settlement: Settlement,
): boolean {
  if (record.state !== settlement.state) return false;
  return settlement.answer === undefined || isDeepStrictEqual(record.answer, settlement.answer);
}

/**
 * Whether what was recorded before does not belong to the new state: evidence of a doubt, such as a
 * 502, is not the answer of what was executed, and an earlier epoch's refusal is no evidence of a doubt.
 */
export function speaksAnew(from: ClaimState, to: ClaimState): boolean {
  return to === "done" || to === "resolved-done" || (from === "intent" && to === "in-doubt");
}

/** The reason that is recorded: where a settlement that ends a doubt gives none, how it ended. */
export function reasonOf(from: ClaimState, settlement: Settlement, endsDoubt: boolean): string | null {
  if (settlement.reason !== undefined) return settlement.reason;
  if (!endsDoubt) return null;
  return from === "intent" ? "It was sent again, and executed then." : "The outcome arrived late.";
}

/** The subject of the facts that say how the doubts of one operation ended. */
export function resolutionSubject(id: string): string {
  return `operation:${id}`;
}
