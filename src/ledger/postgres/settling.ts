import { LongstopError } from "../../exchange/error.ts";
import type { ClaimRecord, ClaimState, Fence, RecordedAnswer, Settled, Settlement } from "../ledger.ts";
import { isSettledAs, reasonOf, resolutionSubject, settledState, speaksAnew } from "../transitions.ts";
import type { Database, Queries } from "./database.ts";
import { append } from "./facts.ts";
import { type Found, findRecord, writtenRecord } from "./records.ts";

/** A settlement as it reaches the store: with the nonce by which it is found again. */
export interface SettleAsk {
  readonly fence: Fence;
  readonly settlement: Settlement;
  readonly nonce: string;
}

/**
 * Ends a claim or moves it on, where its fence is current and the table of transitions has the way.
 * Mostly a running claim ends: that is one statement, because the answer waits for it.
 */
export async function settle(database: Database, ask: SettleAsk): Promise<Settled> {
  const running = { state: "intent", answer: null, doubted: false } as const;
  const state = settledState(running, ask.settlement);
  const ended = state === null ? null : await moveOn(database.alone, ask, running, state);
  if (ended !== null) return { applied: true, record: ended };
  return database.transaction((queries) => settleWithin(queries, ask));
}

async function settleWithin(queries: Queries, ask: SettleAsk): Promise<Settled> {
  const { fence, settlement, nonce } = ask;
  const found = await findRecord(queries, "id = :id for no key update", { id: fence.id });
  if (found === null) throw new LongstopError("internal", `Operation ${fence.id} is not in the ledger.`);
  const { record: before } = found;
  // An earlier try of this settlement was committed, and the connection lost before it was told.
  if (found.settlement === nonce) return { applied: true, record: before };
  const isFenced = before.epoch === fence.epoch && before.nonce === fence.nonce;
  const state = isFenced ? settledState(before, settlement) : null;
  if (state !== null) return { applied: true, record: await moveOnFrom(queries, ask, found, state) };
  if (isFenced && isSettledAs(before, settlement)) return { applied: true, record: before };
  return { applied: false, record: await keepLate(queries, before, settlement.answer) };
}

async function moveOnFrom(
  queries: Queries,
  ask: SettleAsk,
  { record: before }: Found,
  state: ClaimState,
): Promise<ClaimRecord> {
  const after = await moveOn(queries, ask, before, state);
  if (after === null) throw new Error("a settled claim gave no row");
  if (endsDoubt(before, state)) await audit(queries, ask.nonce, before, after);
  return after;
}

type Before = Pick<ClaimRecord, "state" | "doubted">;

function endsDoubt(before: Before, to: ClaimState): boolean {
  return before.state === "in-doubt" || (before.doubted && to !== "in-doubt");
}

/** Null where the record is not in the state `before`, or the fence is old. */
function moveOn(
  queries: Queries,
  { fence, settlement, nonce }: SettleAsk,
  before: Before,
  to: ClaimState,
): Promise<ClaimRecord | null> {
  const { answer } = settlement;
  const ends = endsDoubt(before, to);
  return writtenRecord(
    queries,
    `update @claims set state = :to, reason = :reason, settlement = :settlement,
       answer = case when :keepsAnswer then answer else :answer end,
       finished_at_ms = case when :to = 'in-doubt' then null else @now_ms() end,
       delivered = delivered and not :ends, doubted = doubted and not :ends
     where id = :id and epoch = :epoch and nonce = :nonce and state = :from and doubted = :doubted
     returning *`,
    {
      id: fence.id,
      epoch: fence.epoch,
      nonce: fence.nonce,
      from: before.state,
      doubted: before.doubted,
      to,
      ends,
      settlement: nonce,
      reason: reasonOf(before.state, settlement, ends),
      keepsAnswer: answer === undefined && !speaksAnew(before.state, to),
      answer: answer === undefined ? null : JSON.stringify(answer),
    },
  );
}

// A doubt never ends silently. These facts stay as long as the record does.
async function audit(
  queries: Queries,
  nonce: string,
  before: ClaimRecord,
  after: ClaimRecord,
): Promise<void> {
  const json = JSON.stringify({
    operation: after.id,
    epoch: after.epoch,
    before: { state: before.state, reason: before.reason },
    after: { state: after.state, reason: after.reason },
  });
  const fact = { tenant: after.tenant, subject: resolutionSubject(after.id), kind: "resolution", json };
  await append(queries, [fact], `settlement ${nonce}`);
}

async function keepLate(
  queries: Queries,
  before: ClaimRecord,
  answer: RecordedAnswer | undefined,
): Promise<ClaimRecord> {
  if (answer === undefined) return before;
  const sql = "update @claims set late_answer = :answer where id = :id returning *";
  return (await writtenRecord(queries, sql, { id: before.id, answer: JSON.stringify(answer) })) ?? before;
}

/** Only what has ended has an answer to hand over. */
export async function markDelivered(queries: Queries, ids: readonly string[]): Promise<void> {
  await queries.run(
    `update @claims set delivered = true where id in
       (select id from @claims where id = any(:ids) and state <> 'intent' and not delivered
        order by id for no key update)
       and state <> 'intent'`,
    { ids },
  );
}

/**
 * Its answer was handed over to an earlier attempt; to this one it was not yet. A call that comes again
 * because that answer got lost must find it so, or it would count as the next one and be executed.
 */
export async function awaitedAnew(queries: Queries, record: ClaimRecord): Promise<ClaimRecord> {
  if (!record.delivered) return record;
  await queries.run("update @claims set delivered = false where id = :id", { id: record.id });
  return { ...record, delivered: false };
}
