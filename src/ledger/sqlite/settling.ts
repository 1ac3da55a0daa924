import { LongstopError } from "../../exchange/error.ts";
import type { ClaimRecord, ClaimState, Fence, RecordedAnswer, Settled, Settlement } from "../ledger.ts";
import { isSettledAs, reasonOf, resolutionSubject, settledState, speaksAnew } from "../transitions.ts";
import { append } from "./facts.ts";
import { oneRecord, recordById } from "./records.ts";
import type { Store } from "./store.ts";

/** Ends a claim or moves it on, where its fence is current and the table of transitions has the way. */
export function settle(store: Store, fence: Fence, settlement: Settlement, nowMs: number): Settled {
  const before = recordById(store.connection, fence.id);
  if (before === null) {
    throw new LongstopError("internal", `Operation ${fence.id} is not in the ledger.`);
  }
  const isFenced = before.epoch === fence.epoch && before.nonce === fence.nonce;
  const state = isFenced ? settledState(before, settlement) : null;
  if (state !== null) return { applied: true, record: moveOn(store, before, state, settlement, nowMs) };
  if (isFenced && isSettledAs(before, settlement)) return { applied: true, record: before };
  return { applied: false, record: keepLate(store, before, settlement.answer) };
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
  const after = oneRecord(
    store.connection,
    `update claims set state = :state, reason = :reason, answer = :answer, finished_at_ms = :finishedAtMs,
       delivered = case when :endsDoubt then 0 else delivered end,
       doubted = case when :endsDoubt then 0 else doubted end
     where id = :id
     returning *`,
    {
      id: before.id,
      state,
      reason: reasonOf(before.state, settlement, endsDoubt),
      answer: answer === null ? null : JSON.stringify(answer),
      finishedAtMs: isDoubt ? null : nowMs,
      endsDoubt: endsDoubt ? 1 : 0,
    },
  );
  if (after === null) throw new Error("a settled claim gave no row");
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
