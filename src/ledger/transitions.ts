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
