import { toldKinds } from "../../exchange/run-facts.ts";
import type { ClaimRecord } from "../ledger.ts";
import { endAllOverdue } from "./leases.ts";
import type { Store } from "./store.ts";

/** Rows of each shape that leave in one step, so that no claim waits long behind housekeeping. */
const rowsPerStepMax = 500;
const blobsPerStepMax = 100;

export interface Swept {
  /** Claims whose lease had run out, as they are now. */
  readonly ended: readonly ClaimRecord[];
  readonly expired: number;
  /** True where another step would find more. */
  readonly more: boolean;
}

/** One step of housekeeping: leases, then what is past its age. */
export function sweep(store: Store, nowMs: number): Swept {
  const ended = endAllOverdue(store, nowMs);
  const bodiesBefore = nowMs - store.limits.retentionMs;
  const blobs = expireBlobs(store, bodiesBefore);
  const facts = expireFacts(store, bodiesBefore);
  const tombstones = expireTombstones(store, nowMs - store.limits.tombstoneMs);
  return {
    ended,
    expired: blobs + facts + tombstones,
    more: blobs === blobsPerStepMax || facts === rowsPerStepMax || tombstones === rowsPerStepMax,
  };
}

function expireBlobs(store: Store, beforeMs: number): number {
  return store.connection.run(
    `delete from blobs where rowid in
       (select rowid from blobs where at_ms < :beforeMs order by at_ms limit ${blobsPerStepMax})`,
    { beforeMs },
  );
}

// A subject leaves whole, once its newest fact is past the age: half a conversation's facts would
// make another prompt of it. What is only told leaves by its own age: else a run that never ends would
// keep all its verdicts. What belongs to the tenant as a whole stays, and a resolution stays as long as
// its operation.
function expireFacts(store: Store, beforeMs: number): number {
  return store.connection.run(
    `delete from facts where sequence in
       (select old.sequence from facts old
        where old.at_ms < :beforeMs and old.subject <> 'tenant'
          and substr(old.subject, 1, 10) <> 'operation:'
          and (old.kind in (select value from json_each(:told))
            or (select newest.at_ms from facts newest
                where newest.tenant = old.tenant and newest.subject = old.subject
                order by newest.sequence desc limit 1) < :beforeMs)
        order by old.at_ms limit ${rowsPerStepMax})`,
    { beforeMs, told: JSON.stringify(toldKinds) },
  );
}

// A running claim and a doubt have no end, so they never leave by age.
function expireTombstones(store: Store, beforeMs: number): number {
  const gone = store.connection.all(
    `delete from claims where seq in
       (select seq from claims where finished_at_ms < :beforeMs
        order by finished_at_ms limit ${rowsPerStepMax})
     returning id, tenant, kind, key`,
    { beforeMs },
  );
  for (const row of gone) {
    store.connection.run("delete from facts where tenant = :tenant and subject = 'operation:' || :id", {
      tenant: row["tenant"] as string,
      id: row["id"] as string,
    });
    // While a record of the key is left, so is its count: counted anew, a call would meet that record.
    store.connection.run(
      `delete from counters where tenant = :tenant and kind = :kind and key = :key and not exists
         (select 1 from claims where tenant = :tenant and kind = :kind and key = :key)`,
      {
        tenant: row["tenant"] as string,
        kind: row["kind"] as string,
        key: row["key"] as string,
      },
    );
  }
  return gone.length;
}
