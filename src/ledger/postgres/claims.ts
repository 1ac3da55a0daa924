import { freeStates, type Claimed, type ClaimRecord, type ClaimRequest } from "../ledger.ts";
import { isStale, keptMs, mayBeLost, mayRedispatch, takesNewKey } from "../redispatch.ts";
import { pointClientKey, reserveClientKey } from "./client-keys.ts";
import { countCalls, lockCounter } from "./counting.ts";
import type { Database, Queries } from "./database.ts";
import { endOverdue } from "./leases.ts";
import { type Found, findRecord, writtenRecord } from "./records.ts";
import { awaitedAnew } from "./settling.ts";
import type { Values } from "./statement.ts";

/** A claim as it reaches the store: with the id and the nonce that it gets if it wins, `detail` as JSON. */
export interface ClaimAsk extends Omit<ClaimRequest, "detail"> {
  readonly id: string;
  readonly nonce: string;
  readonly detail: string;
  /** How far the ledger is known to have come: where it has come less far, nothing is claimed. */
  readonly reached: number;
}

const doubts: readonly string[] = ["in-doubt", "abandoned"];
const free: readonly string[] = freeStates;

/**
 * Finds or makes the record that answers for a call. See `ClaimRequest` for which one that is.
 *
 * What makes one winner is the place of a record, which is unique: of two that insert there, the second
 * waits for the first. A record is changed only as it was seen; who finds it changed looks again. So
 * the claim may be asked for once more, with the same nonce, by whoever did not learn how it ended: a
 * record with that nonce was won by this very claim.
 */
export async function claim(database: Database, ask: ClaimAsk, isRerun: boolean): Promise<Claimed> {
  const { occurrence } = ask;
  if (occurrence === "next" || ask.clientKey !== null) {
    return database.transaction((queries) => claimWithin(queries, ask, isRerun));
  }
  const made = await insert(database.alone, ask, occurrence);
  if (made !== null) return won(database.alone, made);
  const found = await recordAt(database.alone, ask, occurrence);
  if (found !== null && isMet(found, ask)) return { kind: "met", record: found.record };
  return database.transaction((queries) => claimAt(queries, ask, occurrence));
}

async function claimWithin(queries: Queries, ask: ClaimAsk, isRerun: boolean): Promise<Claimed> {
  const known = await reserveClientKey(queries, ask);
  if (known !== null && known.fingerprint !== ask.fingerprint) {
    return { kind: "conflict", record: known.found.record };
  }
  if (known !== null) {
    return (await meetOrReclaim(queries, ask, known.found)) ?? claimWithin(queries, ask, isRerun);
  }
  const { occurrence } = ask;
  const claimed =
    occurrence === "next"
      ? await claimNext(queries, await underFormerKey(queries, ask), isRerun)
      : await claimAt(queries, ask, occurrence);
  await pointClientKey(queries, ask, claimed.record.id);
  return claimed;
}

async function claimAt(queries: Queries, ask: ClaimAsk, occurrence: number): Promise<Claimed> {
  for (;;) {
    const made = await insert(queries, ask, occurrence);
    if (made !== null) return won(queries, made);
    // A second statement: in one with the insert, whoever had to wait would not see the winner.
    const there = await recordAt(queries, ask, occurrence);
    const claimed = there === null ? null : await meetOrReclaim(queries, ask, there);
    if (claimed !== null) return claimed;
  }
}

/** True where this very claim won the record, in a try of which nobody learned how it ended. */
function isOurs(record: ClaimRecord, ask: ClaimAsk): boolean {
  return record.nonce === ask.nonce && record.state === "intent";
}

/** True where nothing about the record has to change before it answers. */
function isMet({ record, isOverdue, nowMs }: Found, ask: ClaimAsk): boolean {
  if (isOurs(record, ask) || isOverdue || isFree(record, ask, nowMs)) return false;
  return !mayRedispatch(record, ask, nowMs);
}

/** True where it may be won: nothing was done under it, or too long ago. */
function isFree(record: ClaimRecord, ask: ClaimAsk, nowMs: number): boolean {
  return free.includes(record.state) || isStale(record, ask, nowMs);
}

/** Null where the record left in the meantime: it was past its age. */
async function meetOrReclaim(queries: Queries, ask: ClaimAsk, found: Found): Promise<Claimed | null> {
  for (let seen: Found | null = found; seen !== null;) {
    const { record } = seen;
    if (isOurs(record, ask)) return won(queries, record);
    if (isMet(seen, ask)) return { kind: "met", record };
    if (seen.isOverdue) await endOverdue(queries, record.id);
    else {
      const take = isFree(record, ask, seen.nowMs) ? reclaim : redispatch;
      const taken = await take(queries, ask, record);
      if (taken !== null) return won(queries, taken);
    }
    seen = await findRecord(queries, "id = :id", { id: record.id });
  }
  return null;
}

async function claimNext(queries: Queries, ask: ClaimAsk, isRerun: boolean): Promise<Claimed> {
  // The lock comes first: the attempt's other calls wait here, and with them a lost try of this one.
  const used = await lockCounter(queries, ask);
  const mine = isRerun
    ? await findRecord(queries, `${place} and nonce = :nonce and state = 'intent'`, nonceOf(ask))
    : null;
  if (mine !== null) return won(queries, mine.record);
  const met = await meetCounted(queries, ask, used);
  if (met !== null) return met;
  // No further call is wanted: what comes is the newest one once more.
  if (used > 0 && used >= (ask.callsMax ?? Infinity)) return claimAt(queries, ask, used);
  return allocate(queries, ask, used + 1);
}

/** The claim about the key that its calls had before, where one of them has a record. */
async function underFormerKey(queries: Queries, ask: ClaimAsk): Promise<ClaimAsk> {
  if (ask.formerKey === undefined) return ask;
  const former = { ...ask, key: ask.formerKey };
  return (await recordAt(queries, former, 1)) === null ? ask : former;
}

/** What the attempt's earlier calls say: a doubt first, then a retry of the newest, then a free record. */
async function meetCounted(queries: Queries, ask: ClaimAsk, used: number): Promise<Claimed | null> {
  if (used === 0) return null;
  const newest = await recordAt(queries, ask, used);
  if (newest?.isOverdue === true) {
    await endOverdue(queries, newest.record.id);
    return meetCounted(queries, ask, used);
  }
  const doubt = await firstDoubt(queries, ask, used);
  if (doubt !== null) {
    return (await meetOrReclaim(queries, ask, doubt)) ?? meetCounted(queries, ask, used);
  }
  const retried = newest === null ? null : recordToReuse(ask, newest);
  if (retried !== null) return { kind: "met", record: retried };
  const lost = ask.reuse.undelivered ? await oldestUndelivered(queries, ask, used) : null;
  if (lost !== null) return { kind: "met", record: lost.record };
  const released = await firstFree(queries, ask, used);
  return released === null ? null : meetOrReclaim(queries, ask, released);
}

/** The call is the attempt's k-th. It is counted, unless a doubt stands there: then it may come again. */
async function allocate(queries: Queries, ask: ClaimAsk, occurrence: number): Promise<Claimed> {
  const claimed = await claimAt(queries, ask, occurrence);
  if (!doubts.includes(claimed.record.state)) {
    await countCalls(queries, ask, occurrence);
  }
  if (claimed.kind !== "met") return claimed;
  return { kind: "met", record: await awaitedAnew(queries, claimed.record), isNext: true };
}

const place = "tenant = :tenant and kind = :kind and key = :key";

function placeOf(ask: ClaimAsk): Values {
  return { tenant: ask.tenant, kind: ask.kind, key: ask.key };
}

function nonceOf(ask: ClaimAsk): Values {
  return { ...placeOf(ask), nonce: ask.nonce };
}

/** The record, where the request's reuse says that it answers. Ages are told by the database's clock. */
function recordToReuse(ask: ClaimAsk, { record, nowMs }: Found): ClaimRecord | null {
  const { reuse } = ask;
  if (record.state === "intent") return reuse.running ? record : null;
  if (isFree(record, ask, nowMs)) return null;
  if (reuse.undelivered && !record.delivered && mayBeLost(record, ask)) return record;
  const endedMs = record.finishedAtMs ?? record.createdAtMs;
  return nowMs - endedMs < reuse.deliveredWithinMs ? record : null;
}

function recordAt(queries: Queries, ask: ClaimAsk, occurrence: number): Promise<Found | null> {
  return findRecord(queries, `${place} and occurrence = :occurrence`, { ...placeOf(ask), occurrence });
}

/** The first of the records up to `used` that is in doubt, or given up, or runs again out of a doubt. */
function firstDoubt(queries: Queries, ask: ClaimAsk, used: number): Promise<Found | null> {
  return findRecord(
    queries,
    `${place} and occurrence <= :used and (state = any(:doubts) or (doubted and state = 'intent'))
     order by occurrence limit 1`,
    { ...placeOf(ask), used, doubts },
  );
}

function firstFree(queries: Queries, ask: ClaimAsk, used: number): Promise<Found | null> {
  return findRecord(
    queries,
    `${place} and occurrence <= :used and state = any(:free) order by occurrence limit 1`,
    { ...placeOf(ask), used, free },
  );
}

/**
 * The oldest answer that its client never got, among those of this owner: what it says of delivery
 * is whole, while a dead owner may have taken the last marks with it.
 */
function oldestUndelivered(queries: Queries, ask: ClaimAsk, used: number): Promise<Found | null> {
  return findRecord(
    queries,
    `${place} and occurrence <= :used and state = 'done' and not delivered and owner = :owner
       and (:keptForMs::bigint is null or finished_at_ms > @now_ms() - :keptForMs::bigint)
     order by occurrence limit 1`,
    {
      ...placeOf(ask),
      used,
      owner: ask.owner,
      keptForMs: keptMs(ask),
    },
  );
}

async function won(queries: Queries, record: ClaimRecord): Promise<Claimed> {
  const { tenant, kind, key, occurrence } = record;
  const earlier = `${place} and occurrence < :occurrence order by occurrence desc limit 1`;
  const at = { tenant, kind, key, occurrence };
  const newest = occurrence === 1 ? null : await findRecord(queries, earlier, at);
  return { kind: "won", record, newest: newest?.record ?? null };
}

function holder(ask: ClaimAsk): Values {
  const { nonce, owner, leaseMs, run, stage, attempt, detail, reached } = ask;
  return { nonce, owner, leaseMs: Math.round(leaseMs), run, stage, attempt, detail, reached };
}

/** Null where somebody has the place. */
function insert(queries: Queries, ask: ClaimAsk, occurrence: number): Promise<ClaimRecord | null> {
  return writtenRecord(
    queries,
    `with clock as materialized (select @now_ms() as ms)
     insert into @claims (id, tenant, kind, key, occurrence, state, epoch, nonce, owner, lease_until_ms,
       created_at_ms, key_at_ms, run, stage, attempt, fingerprint, client_key, sent, detail)
     select :id, :tenant, :kind, :key, :occurrence::integer, 'intent', 1, :nonce, :owner,
       clock.ms + :leaseMs::bigint, clock.ms, clock.ms, :run, :stage, :attempt, :fingerprint, :clientKey,
       :sent, :detail
     from clock where @require_reached(:reached::bigint)
     on conflict do nothing
     returning *`,
    {
      ...placeOf(ask),
      ...holder(ask),
      id: ask.id,
      occurrence,
      fingerprint: ask.fingerprint,
      clientKey: ask.clientKey,
      sent: ask.sent ?? null,
    },
  );
}

/**
 * A free record under the next epoch, or null where it is not any more as it was seen. It keeps the
 * client key and the fingerprint of its first dispatch, because the key sent upstream stays the same
 * unless `takesNewKey`, and the refusal that set it free, as long as it runs; the rest says who executes
 * it now. What was done, and is too old, was no refusal.
 */
function reclaim(queries: Queries, ask: ClaimAsk, record: ClaimRecord): Promise<ClaimRecord | null> {
  return writtenRecord(
    queries,
    `update @claims set state = 'intent', epoch = epoch + 1, nonce = :nonce, owner = :owner,
       lease_until_ms = @now_ms() + :leaseMs::bigint, finished_at_ms = null, delivered = false,
       run = :run, stage = :stage, attempt = :attempt, client_key = coalesce(client_key, :clientKey),
       reason = null, detail = :detail, sent = :sent, doubted = false,
       answer = case when state = 'done' then null else answer end,
       key_epoch = case when :newKey then epoch + 1 else key_epoch end,
       key_at_ms = case when :newKey then @now_ms() else key_at_ms end
     where id = :id and epoch = :epoch and state = :state and @require_reached(:reached::bigint)
     returning *`,
    {
      ...holder(ask),
      id: record.id,
      epoch: record.epoch,
      state: record.state,
      clientKey: ask.clientKey,
      sent: ask.sent ?? null,
      newKey: takesNewKey(record, ask),
    },
  );
}

/**
 * A record in doubt under the next epoch, still doubted, or null where it is not any more as it was
 * seen: its key, and the bytes that were sent with it first, are those of this dispatch too.
 */
function redispatch(queries: Queries, ask: ClaimAsk, record: ClaimRecord): Promise<ClaimRecord | null> {
  return writtenRecord(
    queries,
    `update @claims set state = 'intent', epoch = epoch + 1, nonce = :nonce, owner = :owner,
       lease_until_ms = @now_ms() + :leaseMs::bigint, delivered = false, run = :run, stage = :stage,
       attempt = :attempt, reason = null, answer = null, detail = :detail, doubted = true
     where id = :id and epoch = :epoch and state = 'in-doubt' and @require_reached(:reached::bigint)
     returning *`,
    { ...holder(ask), id: record.id, epoch: record.epoch },
  );
}
