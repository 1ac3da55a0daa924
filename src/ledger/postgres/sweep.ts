import { toldKinds } from "../../exchange/run-facts.ts";
import type { ClaimRecord } from "../ledger.ts";
import type { Database, Queries } from "./database.ts";
import { lockName } from "./facts.ts";
import { endAllOverdue } from "./leases.ts";
import type { PostgresLimits } from "./options.ts";

/** Rows of each shape that leave in one step, so that no transaction holds much for long. */
const rowsPerStepMax = 500;
const blobsPerStepMax = 100;
const subjectsPerStepMax = 100;

/**
 * The time before which something is past its age. As a query of its own the clock is read once, so that
 * an index is searched up to it; read for each row, the whole table would be.
 */
const latest = "(select @now_ms() - :ageMs::bigint)";

export interface Swept {
  /** Claims whose lease had run out, as they are now. */
  readonly ended: readonly ClaimRecord[];
  readonly expired: number;
  /** True where another step would find more. */
  readonly more: boolean;
}

/**
 * One step of housekeeping: leases, then what is past its age. Every gateway sweeps; what another one
 * has in hand is passed over.
 */
export async function sweep(database: Database, limits: PostgresLimits): Promise<Swept> {
  const ended = await endAllOverdue(database.alone);
  const blobs = await expireBlobs(database.alone, limits.retentionMs);
  const facts = await database.transaction((queries) => expireFacts(queries, limits.retentionMs));
  const tombstones = await database.transaction((queries) => expireTombstones(queries, limits.tombstoneMs));
  return {
    ended,
    expired: blobs + facts + tombstones,
    more: blobs === blobsPerStepMax || facts > 0 || tombstones === rowsPerStepMax,
  };
}

function expireBlobs(queries: Queries, ageMs: number): Promise<number> {
  return queries.run(
    `delete from @blobs where (tenant, hash) in
       (select tenant, hash from @blobs where at_ms < ${latest}
        order by at_ms limit ${blobsPerStepMax} for update skip locked)`,
    { ageMs },
  );
}

const isOld = `at_ms < ${latest}`;

// A subject leaves whole, once its newest fact is past the age: half a conversation's facts would
// make another prompt of it. What is only told leaves by its own age: else a run that never ends would
// keep all its verdicts. What belongs to the tenant as a whole stays, and a resolution stays as long as
// its operation. Looked at again under the lock of its subject: in between it may have grown.
async function expireFacts(queries: Queries, ageMs: number): Promise<number> {
  const subjects = await queries.all(
    `select distinct tenant, subject from
       (select tenant, subject from @facts old
        where ${isOld} and subject <> 'tenant' and not starts_with(subject, 'operation:')
          and (kind = any(:told) or ${isNewestOld("old")})
        order by at_ms limit ${rowsPerStepMax}) oldest
     limit ${subjectsPerStepMax}`,
    { ageMs, told: toldKinds },
  );
  let expired = 0;
  for (const row of subjects) {
    const { tenant, subject } = row as { readonly tenant: string; readonly subject: string };
    const name = lockName(tenant, subject);
    const lock = "select pg_try_advisory_xact_lock(hashtextextended(:name, 0)) as is_ours";
    if ((await queries.one(lock, { name }))?.["is_ours"] !== true) continue;
    expired += await queries.run(
      `delete from @facts old where tenant = :tenant and subject = :subject and ${isOld}
         and (kind = any(:told) or ${isNewestOld("old")})`,
      { tenant, subject, ageMs, told: toldKinds },
    );
  }
  return expired;
}

function isNewestOld(fact: string): string {
  return `(select newest.at_ms from @facts newest
     where newest.tenant = ${fact}.tenant and newest.subject = ${fact}.subject
     order by newest.sequence desc limit 1) < ${latest}`;
}

// A running claim and a doubt have no end, so they never leave by age.
async function expireTombstones(queries: Queries, ageMs: number): Promise<number> {
  const gone = await queries.all(
    `delete from @claims where id in
       (select id from @claims where finished_at_ms < ${latest}
        order by finished_at_ms limit ${rowsPerStepMax} for update skip locked)
     returning id, tenant, kind, key`,
    { ageMs },
  );
  if (gone.length === 0) return 0;
  const columns = (name: string): readonly string[] => gone.map((row) => row[name] as string);
  await queries.run(
    `delete from @facts where (tenant, subject) in
       (select tenant, 'operation:' || id from unnest(:tenants::text[], :ids::text[]) as gone (tenant, id))`,
    { tenants: columns("tenant"), ids: columns("id") },
  );
  // While a record of the key is left, so is its count: counted anew, a call would meet that record.
  // A counter that a claim has in hand is left for the next time.
  await queries.run(
    `delete from @counters where (tenant, kind, key, run, attempt) in
       (select counter.tenant, counter.kind, counter.key, counter.run, counter.attempt
        from @counters counter
          join (select distinct * from unnest(:tenants::text[], :kinds::text[], :keys::text[])) gone
            (tenant, kind, key) using (tenant, kind, key)
        where not exists (select 1 from @claims claim where claim.tenant = counter.tenant
          and claim.kind = counter.kind and claim.key = counter.key)
        for update of counter skip locked)`,
    { tenants: columns("tenant"), kinds: columns("kind"), keys: columns("key") },
  );
  return gone.length;
}
