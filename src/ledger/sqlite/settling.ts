import { LongstopError } from "../../exchange/error.ts";
import type { ClaimRecord, ClaimState, Fence, RecordedAnswer, Settled, Settlement } from "../ledger.ts";
import { isSettledAs, reasonOf, resolutionSubject, settledState, speaksAnew } from "../transitions.ts";
import { append } from "./facts.ts";
import { oneRecord, recordById } from "./records.ts";
import type { Ended } from "./short.ts";
import type { Store } from "./store.ts";

/** Ends a claim or moves it on, where its fence is current and the table of transitions has the way. */
export function settle(store: Store, fence: Fence, settlement: Settlement, nowMs: number): Settled {
  const ended = endRunning(store, fence, settlement, nowMs);
  const before = recordById(store.connection, fence.id);
  if (before === null) {
    throw new LongstopError("internal", `Operation ${fence.id} is not in the ledger.`);
  }
  if (ended !== null) return { applied: true, record: before };
  const isFenced = before.epoch === fence.epoch && before.nonce === fence.nonce;
  const state = isFenced ? settledState(before, settlement) : null;
  if (state !== null) return { applied: true, record: moveOn(store, before, state, settlement, nowMs) };
  if (isFenced && isSettledAs(before, settlement)) return { applied: true, record: before };
  return { applied: false, record: keepLate(store, before, settlement.answer) };
}

/** Mostly a running claim ends: that is one statement. In other cases null, and nothing is written. */
export function endRunning(
  store: Store,
  { id, epoch, nonce }: Fence,
  settlement: Settlement,
  nowMs: number,
): Ended | null {
  const state = settledState({ state: "intent", answer: null, doubted: false }, settlement);
  const { answer } = settlement;
  if (state === null || (answer === undefined && !speaksAnew("intent", state))) return null;
  const reason = reasonOf("intent", settlement, false);
  const finishedAtMs = state === "in-doubt" ? null : nowMs;
  const changes = store.connection.run(
    `update claims set state = :state, reason = :reason, answer = :answer, finished_at_ms = :finishedAtMs
     where id = :id and epoch = :epoch and nonce = :nonce and state = 'intent' and doubted = 0`,
    {
      id,
      epoch,
      nonce,
      state,
      reason,
      answer: answer === undefined ? null : JSON.stringify(answer),
      finishedAtMs,
    },
  );
  return changes === 0 ? null : { state, reason, finishedAtMs };
}

function moveOn(
  store: Store,
  before: ClaimRecord,
  state: ClaimState,
  settlement: Settlement,
  nowMs: number,
): ClaimRecord {
  const answer = settlement.answer ?? (speaksAnew(before.state, state) ? null : before.answer);
  const isDoubt = state === "in-doubt";
  const endsDoubt = before.state === "in-doubt" || (before.doubted && !isDoubt);
  // What the row becomes is known: reading it back would cost more than the update itself.
  const after: ClaimRecord = {
    ...before,
    state,
    reason: reasonOf(before.state, settlement, endsDoubt),
    answer,
    finishedAtMs: isDoubt ? null : nowMs,
    delivered: before.delivered && !endsDoubt,
    doubted: before.doubted && !endsDoubt,
  };
  store.connection.run(
    `update claims set state = :state, reason = :reason, answer = :answer, finished_at_ms = :finishedAtMs,
       delivered = :delivered, doubted = :doubted
     where id = :id`,
    {
      id: after.id,
      state,
      reason: after.reason,
      answer: answer === null ? null : JSON.stringify(answer),
      finishedAtMs: after.finishedAtMs,
      delivered: after.delivered ? 1 : 0,
      doubted: after.doubted ? 1 : 0,
    },
  );
  if (endsDoubt) audit(store, before, after, nowMs);
  return after;
}

// A doubt never ends silently. These facts stay as long as the record does.
function audit(store: Store, before: ClaimRecord, after: ClaimRecord, nowMs: number): void {
  const json = JSON.stringify({
    operation: after.id,
    epoch: after.epoch,
    before: { state: before.state, reason: before.reason },
    after: { state: after.state, reason: after.reason },
  });
  append(
    store,
    [{ tenant: after.tenant, subject: resolutionSubject(after.id), kind: "resolution", json }],
    nowMs,
  );
}

function keepLate(store: Store, before: ClaimRecord, answer: RecordedAnswer | undefined): ClaimRecord {
  if (answer === undefined) return before;
  const values = { id: before.id, answer: JSON.stringify(answer) };
  const sql = "update claims set late_answer = :answer where id = :id returning *";
  return oneRecord(store.connection, sql, values) ?? before;
}

/** Only what has ended has an answer to hand over. */
export function markDelivered(store: Store, ids: readonly string[]): void {
  store.connection.run(
    `update claims set delivered = 1
     where id in (select value from json_each(:ids)) and state <> 'intent' and delivered = 0`,
    { ids: JSON.stringify(ids) },
  );
}
