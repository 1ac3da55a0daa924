import type { ClaimRecord, Fence } from "../ledger.ts";
import { oneRecord, toRecord } from "./records.ts";
import type { Store } from "./store.ts";

// How a claim that nobody holds any more ends. A dispatched effect may have happened: it is in doubt,
// and never free. Every other kind is free again. A refusal of an earlier epoch says nothing of it.
const ended = `
  state = case kind when 'effect' then 'in-doubt' else 'not-sent' end,
  answer = null,
  finished_at_ms = case kind when 'effect' then null else :nowMs end,
  reason = :reason`;

/** Said twice, because the index has what is not done, and SQLite does not conclude it. */
const running = "state = 'intent' and state <> 'done'";

const leaseRanOut = "Its lease ran out before its outcome was recorded.";
const gatewayStopped = "The gateway stopped while it was running.";

/** One lease of several that are lengthened together. */
export interface Renewal {
  readonly fence: Fence;
  readonly leaseMs: number;
}

/**
 * Lengthens leases; gives until when, or null where the fence is old. A lease that ran out is lengthened
 * too, as long as nobody noticed.
 */
export function renew(
  { connection }: Store,
  renewals: readonly Renewal[],
  nowMs: number,
): readonly (number | null)[] {
  return renewals.map(({ fence: { id, epoch, nonce }, leaseMs }) => {
    const leaseUntilMs = nowMs + leaseMs;
    const changes = connection.run(
      `update claims set lease_until_ms = :leaseUntilMs
       where id = :id and epoch = :epoch and nonce = :nonce and state = 'intent'`,
      { id, epoch, nonce, leaseUntilMs },
    );
    return changes === 1 ? leaseUntilMs : null;
  });
}

/** The record as it must be seen at `nowMs`: one whose lease ran out is ended before it is looked at. */
export function endOverdue(store: Store, record: ClaimRecord, nowMs: number): ClaimRecord {
  if (record.state !== "intent" || record.leaseUntilMs > nowMs) return record;
  const now = oneRecord(store.connection, `update claims set ${ended} where id = :id returning *`, {
    id: record.id,
    nowMs,
    reason: leaseRanOut,
  });
  return now ?? record;
}

/** Ends every claim whose lease ran out. */
export function endAllOverdue(store: Store, nowMs: number): readonly ClaimRecord[] {
  return store.connection
    .all(`update claims set ${ended} where ${running} and lease_until_ms <= :nowMs returning *`, {
      nowMs,
      reason: leaseRanOut,
    })
    .map((row) => toRecord(row));
}

/** Ends every running claim: their owner is dead, because only one gateway at a time owns the file. */
export function endOrphans(store: Store, nowMs: number): readonly ClaimRecord[] {
  return store.connection
    .all(`update claims set ${ended} where ${running} returning *`, {
      nowMs,
      reason: gatewayStopped,
    })
    .map((row) => toRecord(row));
}
