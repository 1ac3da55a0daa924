import type { ClaimRecord, ClaimRequest, Redispatch } from "./ledger.ts";

/**
 * Whether a claim wins a record in doubt: where the claimer knows that a second dispatch cannot have
 * a second effect, and for as long as that holds. `nowMs` is the store's own clock.
 */
export function mayRedispatch(
  record: Pick<ClaimRecord, "kind" | "state" | "keyAtMs" | "sent">,
  { redispatch, sent }: Pick<ClaimRequest, "redispatch" | "sent">,
  nowMs: number,
): boolean {
  if (record.kind !== "effect" || record.state !== "in-doubt" || redispatch === undefined) return false;
  if (redispatch.sameBytes && (record.sent === null || record.sent !== sent)) return false;
  return isWithin(redispatch, nowMs - record.keyAtMs);
}

function isWithin({ withinMs }: Redispatch, ageMs: number): boolean {
  return withinMs === null || ageMs < withinMs;
}

/** How long what was done answers, ms; null: for ever. An effect is never too old to have happened. */
export function keptMs({ kind, keptForMs }: Pick<ClaimRequest, "kind" | "keptForMs">): number | null {
  return kind === "effect" ? null : (keptForMs ?? null);
}

/**
 * Whether a record is too old to answer: what has no consequence outside may be done anew. `nowMs` is the
 * store's own clock.
 */
export function isStale(
  { kind, state, finishedAtMs }: Pick<ClaimRecord, "kind" | "state" | "finishedAtMs">,
  request: Pick<ClaimRequest, "keptForMs">,
  nowMs: number,
): boolean {
  const kept = state === "done" ? keptMs({ ...request, kind }) : null;
  return kept !== null && nowMs - (finishedAtMs ?? nowMs) >= kept;
}

/**
 * Whether a client may have gone without its answer. Of another gateway's turn nobody here knows whether it
 * is on its way; of an effect that is assumed, because to execute it once more would be worse.
 */
export function mayBeLost(
  { kind, owner }: Pick<ClaimRecord, "kind" | "owner">,
  ask: Pick<ClaimRequest, "owner">,
): boolean {
  return kind === "effect" || owner === ask.owner;
}

/** Whether what a claim takes up again goes upstream under another key than before. */
export function takesNewKey(
  record: Pick<ClaimRecord, "answer" | "state" | "clientKey">,
  { newKeyAfter = [], clientKey }: Pick<ClaimRequest, "newKeyAfter" | "clientKey">,
): boolean {
  // A key that the client chose stays; one that it chooses only now is another one.
  if (record.clientKey !== null) return false;
  if (clientKey !== null) return true;
  if (newKeyAfter === "any") return record.state !== "not-sent" || record.answer !== null;
  // What was done, and is too old to answer, was no refusal, whatever its status.
  if (record.state === "done" || record.answer === null) return false;
  return newKeyAfter.includes(record.answer.status);
}
