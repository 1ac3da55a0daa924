import type { ClaimRecord, Fence } from "../ledger.ts";
import type { Queries } from "./database.ts";
import { toRecord, writtenRecord } from "./records.ts";

// How a claim that nobody holds any more ends. A dispatched effect may have happened: it is in doubt,
// and never free. Every other kind is free again. A refusal of an earlier epoch says nothing of it.
const ended = `
  state = case kind when 'effect' then 'in-doubt' else 'not-sent' end,
  answer = null,
  finished_at_ms = case kind when 'effect' then null else @now_ms() end,
  reason = 'Its lease ran out before its outcome was recorded.'`;

const isOverdue = "state = 'intent' and lease_until_ms <= @now_ms()";

/** Claims that one statement ends at most. */
const endedMax = 500;

/** Lengthens a lease. A lease that ran out is lengthened too, as long as nobody noticed. */
export async function renew(queries: Queries, fence: Fence, leaseMs: number): Promise<boolean> {
  const rows = await queries.run(
    `update @claims set lease_until_ms = @now_ms() + :leaseMs::bigint
     where id = :id and epoch = :epoch and nonce = :nonce and state = 'intent'`,
    { id: fence.id, epoch: fence.epoch, nonce: fence.nonce, leaseMs: Math.round(leaseMs) },
  );
  return rows === 1;
}

/** Ends a claim whose lease ran out. Null where it was renewed or ended in the meantime. */
export function endOverdue(queries: Queries, id: string): Promise<ClaimRecord | null> {
  const sql = `update @claims set ${ended} where id = :id and ${isOverdue} returning *`;
  return writtenRecord(queries, sql, { id });
}

/**
 * Ends claims whose lease ran out, whoever's they were. Several gateways do so at once: what another
 * one is just ending, or settling, is left to it.
 */
export async function endAllOverdue(queries: Queries): Promise<readonly ClaimRecord[]> {
  const rows = await queries.all(
    `update @claims set ${ended}
     where ${isOverdue} and id in
       (select id from @claims where ${isOverdue} limit ${endedMax} for no key update skip locked)
     returning *`,
  );
  return rows.map(toRecord);
}

/**
 * Takes back claims of which nobody learned that they were won: their callers were told that the ledger
 * is down, and nothing was sent. Without this each would become a doubt about nothing. One that was to
 * be sent again is in doubt as before: this time says nothing of the first.
 */
export async function withdraw(queries: Queries, nonces: readonly string[]): Promise<readonly ClaimRecord[]> {
  const rows = await queries.all(
    `update @claims set state = case when doubted then 'in-doubt' else 'not-sent' end,
       finished_at_ms = case when doubted then null else @now_ms() end,
       reason = 'Nothing was sent: the ledger could not say in time that it was claimed.'
     where state = 'intent' and nonce = any(:nonces)
     returning *`,
    { nonces },
  );
  return rows.map(toRecord);
}
