import { freeStates, type Claimed, type ClaimRecord, type ClaimRequest } from "../ledger.ts";
import { isStale, keptMs, mayRedispatch, takesNewKey } from "../redispatch.ts";
import { countBoth, countCalls, usedBy } from "./counting.ts";
import { rememberClientKey, recordOfClientKey } from "./client-keys.ts";
import { endOverdue } from "./leases.ts";
import { newRecord, oneRecord } from "./records.ts";
import type { Store } from "./store.ts";

/** A claim as it reaches the store: with the id and the nonce that it gets if it wins, `detail` as JSON. */
export interface ClaimAsk extends Omit<ClaimRequest, "detail"> {
  readonly id: string;
  readonly nonce: string;
  readonly detail: string;
}

const doubts: readonly string[] = ["in-doubt", "abandoned"];
const free: readonly string[] = freeStates;

/** Finds or makes the record that answers for a call. See `ClaimRequest` for which one that is. */
export function claim(store: Store, ask: ClaimAsk, nowMs: number): Claimed {
  const known = recordOfClientKey(store, ask);
  if (known !== null && known.fingerprint !== ask.fingerprint) {
    return { kind: "conflict", record: known.record };
  }
  if (known !== null) return meetOrReclaim(store, ask, known.record, nowMs);
  const { occurrence } = ask;
  const claimed =
    occurrence === "next"
      ? claimNext(store, underFormerKey(store, ask), nowMs)
      : claimGiven(store, ask, occurrence, nowMs);
  rememberClientKey(store, ask, claimed.record.id);
  return claimed;
}

/** A place that the caller names is not counted as one of its calls. */
function claimGiven(store: Store, ask: ClaimAsk, occurrence: number, nowMs: number): Claimed {
  const claimed = claimAt(store, ask, occurrence, nowMs);
  if (occurrence === 1 && isFresh(claimed)) countCalls(store, ask, 0);
  return claimed;
}

function claimAt(store: Store, ask: ClaimAsk, occurrence: number, nowMs: number): Claimed {
  const there = recordAt(store, ask, occurrence);
  return there === null ? insert(store, ask, occurrence, nowMs) : meetOrReclaim(store, ask, there, nowMs);
}

function meetOrReclaim(store: Store, ask: ClaimAsk, found: ClaimRecord, nowMs: number): Claimed {
  const record = endOverdue(store, found, nowMs);
  if (free.includes(record.state) || isStale(record, ask, nowMs)) return reclaim(store, ask, record, nowMs);
  return mayRedispatch(record, ask, nowMs) ? redispatch(store, ask, record, nowMs) : { kind: "met", record };
}

/** The claim about the key that its calls had before, where one of them has a record. */
function underFormerKey(store: Store, ask: ClaimAsk): ClaimAsk {
  if (ask.formerKey === undefined) return ask;
  const former = { ...ask, key: ask.formerKey };
  return recordAt(store, former, 1) === null ? ask : former;
}

function claimNext(store: Store, ask: ClaimAsk, nowMs: number): Claimed {
  const used = usedBy(store, ask);
  const met = meetCounted(store, ask, used, nowMs);
  if (met !== null) return met;
  // No further call is wanted: what comes is the newest one once more.
  if (used > 0 && used >= (ask.callsMax ?? Infinity)) return claimAt(store, ask, used, nowMs);
  return allocate(store, ask, used + 1, nowMs);
}

/** What the attempt's earlier calls say: a doubt first, then a retry of the newest, then a free record. */
function meetCounted(store: Store, ask: ClaimAsk, used: number, nowMs: number): Claimed | null {
  if (used === 0) return null;
  const found = recordAt(store, ask, used);
  const newest = found === null ? null : endOverdue(store, found, nowMs);
  const doubt = firstDoubt(store, ask, used);
  if (doubt !== null) return meetOrReclaim(store, ask, doubt, nowMs);
  if (newest !== null && isReused(newest, ask, nowMs)) return { kind: "met", record: newest };
  const lost = ask.reuse.undelivered ? oldestUndelivered(store, ask, used, nowMs) : null;
  if (lost !== null) return { kind: "met", record: lost };
  const released = firstOpen(store, ask, used, free);
  return released === null ? null : reclaim(store, ask, released, nowMs);
}

/** The call is the attempt's k-th. It is counted, unless a doubt stands there: then it may come again. */
function allocate(store: Store, ask: ClaimAsk, occurrence: number, nowMs: number): Claimed {
  const claimed = claimAt(store, ask, occurrence, nowMs);
  const isImplied = occurrence === 1 && isFresh(claimed);
  if (!isImplied && !doubts.includes(claimed.record.state)) countCalls(store, ask, occurrence);
  if (claimed.kind !== "met") return claimed;
  return { kind: "met", record: awaitedAnew(store, claimed.record), isNext: true };
}

/**
 * Its answer was handed over to an earlier attempt; to this one it was not yet. A call that comes again
 * because that answer got lost must find it so, or it would count as the next one and be executed.
 */
function awaitedAnew(store: Store, record: ClaimRecord): ClaimRecord {
  if (!record.delivered) return record;
  store.connection.run("update claims set delivered = 0 where id = :id", { id: record.id });
  return { ...record, delivered: false };
}

function isFresh({ kind, record }: Claimed): boolean {
  return kind === "won" && record.epoch === 1;
}

function placeOf(ask: ClaimAsk): Readonly<Record<string, string>> {
  return { tenant: ask.tenant, kind: ask.kind, key: ask.key };
}

function isReused(record: ClaimRecord, ask: ClaimAsk, nowMs: number): boolean {
  const { reuse } = ask;
  if (record.state === "intent") return reuse.running;
  if (free.includes(record.state) || isStale(record, ask, nowMs)) return false;
  const endedMs = record.finishedAtMs ?? record.createdAtMs;
  return (reuse.undelivered && !record.delivered) || nowMs - endedMs < reuse.deliveredWithinMs;
}

function recordAt(store: Store, ask: ClaimAsk, occurrence: number): ClaimRecord | null {
  return oneRecord(
    store.connection,
    `select * from claims
     where tenant = :tenant and kind = :kind and key = :key and occurrence = :occurrence`,
    { ...placeOf(ask), occurrence },
  );
}

/** The first of the records up to `used` that is in doubt, or given up, or runs again out of a doubt. */
function firstDoubt(store: Store, ask: ClaimAsk, used: number): ClaimRecord | null {
  const open = firstOpen(store, ask, used, doubts);
  const running = oneRecord(
    store.connection,
    `select * from claims
     where tenant = :tenant and kind = :kind and key = :key and occurrence <= :used
       and doubted = 1 and state = 'intent'
     order by occurrence limit 1`,
    { ...placeOf(ask), used },
  );
  if (open === null || running === null) return open ?? running;
  return open.occurrence < running.occurrence ? open : running;
}

/** The first of the records up to `used` that is in one of `states`. The condition is that of its index. */
function firstOpen(store: Store, ask: ClaimAsk, used: number, states: readonly string[]): ClaimRecord | null {
  return oneRecord(
    store.connection,
    `select * from claims
     where tenant = :tenant and kind = :kind and key = :key and occurrence <= :used
       and state not in ('intent', 'done', 'resolved-done')
       and state in (select value from json_each(:states))
     order by occurrence limit 1`,
    { ...placeOf(ask), used, states: JSON.stringify(states) },
  );
}

/**
 * The oldest answer that its client never got, among those of this owner: what it says of delivery
 * is whole, while a dead owner may have taken the last marks with it.
 */
function oldestUndelivered(store: Store, ask: ClaimAsk, used: number, nowMs: number): ClaimRecord | null {
  return oneRecord(
    store.connection,
    `select * from claims
     where tenant = :tenant and kind = :kind and key = :key and occurrence <= :used
       and state = 'done' and delivered = 0 and owner = :owner and finished_at_ms > :sinceMs
     order by occurrence limit 1`,
    { ...placeOf(ask), used, owner: ask.owner, sinceMs: nowMs - (keptMs(ask) ?? Infinity) },
  );
}

function newestBefore(store: Store, record: ClaimRecord): ClaimRecord | null {
  if (record.occurrence === 1) return null;
  return oneRecord(
    store.connection,
    `select * from claims
     where tenant = :tenant and kind = :kind and key = :key and occurrence < :occurrence
     order by occurrence desc limit 1`,
    { tenant: record.tenant, kind: record.kind, key: record.key, occurrence: record.occurrence },
  );
}

function won(store: Store, record: ClaimRecord | null): Claimed & { readonly kind: "won" } {
  if (record === null) throw new Error("a claim was written and gave no row");
  return { kind: "won", record, newest: newestBefore(store, record) };
}

function holder(ask: ClaimAsk, nowMs: number): Readonly<Record<string, string | number | null>> {
  return {
    nonce: ask.nonce,
    owner: ask.owner,
    leaseUntilMs: nowMs + ask.leaseMs,
    run: ask.run,
    stage: ask.stage,
    attempt: ask.attempt,
    detail: ask.detail,
  };
}

function insert(store: Store, ask: ClaimAsk, occurrence: number, nowMs: number): Claimed {
  store.room.require(ask.kind);
  const isFirstOfRun = ask.kind === "turn" && ask.run !== null && !hasClaims(store, ask.tenant, ask.run);
  store.connection.run(
    `insert into claims (id, tenant, kind, key, occurrence, state, epoch, nonce, owner, lease_until_ms,
       created_at_ms, key_at_ms, run, stage, attempt, fingerprint, client_key, sent, detail)
     values (:id, :tenant, :kind, :key, :occurrence, 'intent', 1, :nonce, :owner, :leaseUntilMs,
       :nowMs, :nowMs, :run, :stage, :attempt, :fingerprint, :clientKey, :sent, :detail)`,
    {
      ...placeOf(ask),
      ...holder(ask, nowMs),
      id: ask.id,
      occurrence,
      nowMs,
      fingerprint: ask.fingerprint,
      clientKey: ask.clientKey,
      sent: ask.sent ?? null,
    },
  );
  const made = won(store, newRecord(ask, occurrence, nowMs));
  return isFirstOfRun ? { ...made, isFirstOfRun } : made;
}

function hasClaims({ connection }: Store, tenant: string, run: string): boolean {
  const sql = "select 1 from claims where tenant = :tenant and run = :run limit 1";
  return connection.one(sql, { tenant, run }) !== null;
}

/**
 * A free record under the next epoch. It keeps the client key and the fingerprint of its first
 * dispatch, because the key sent upstream stays the same unless `takesNewKey`, and the refusal that
 * set it free, as long as it runs; the rest says who executes it now. What was done, and is too old,
 * was no refusal.
 */
function reclaim(store: Store, ask: ClaimAsk, record: ClaimRecord, nowMs: number): Claimed {
  store.room.require(ask.kind);
  countBoth(store, ask, record);
  const claimed = oneRecord(
    store.connection,
    `update claims set state = 'intent', epoch = epoch + 1, nonce = :nonce, owner = :owner,
       lease_until_ms = :leaseUntilMs, finished_at_ms = null, delivered = 0, run = :run, stage = :stage,
       attempt = :attempt, client_key = coalesce(client_key, :clientKey), reason = null,
       detail = :detail, sent = :sent, doubted = 0,
       answer = case when state = 'done' then null else answer end,
       key_epoch = case when :newKey = 1 then epoch + 1 else key_epoch end,
       key_at_ms = case when :newKey = 1 then :nowMs else key_at_ms end
     where id = :id
     returning *`,
    {
      ...holder(ask, nowMs),
      id: record.id,
      nowMs,
      clientKey: ask.clientKey,
      sent: ask.sent ?? null,
      newKey: takesNewKey(record, ask) ? 1 : 0,
    },
  );
  return won(store, claimed);
}

/**
 * A record in doubt under the next epoch, still doubted: its key, and the bytes that were sent with
 * it first, are those of this dispatch too.
 */
function redispatch(store: Store, ask: ClaimAsk, record: ClaimRecord, nowMs: number): Claimed {
  store.room.require(ask.kind);
  countBoth(store, ask, record);
  const claimed = oneRecord(
    store.connection,
    `update claims set state = 'intent', epoch = epoch + 1, nonce = :nonce, owner = :owner,
       lease_until_ms = :leaseUntilMs, delivered = 0, run = :run, stage = :stage, attempt = :attempt,
       reason = null, answer = null, detail = :detail, doubted = 1
     where id = :id
     returning *`,
    { ...holder(ask, nowMs), id: record.id },
  );
  return won(store, claimed);
}
