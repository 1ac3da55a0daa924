import type { ClaimFilter, ClaimRecord, RunRow } from "../ledger.ts";
import { toRecord } from "./records.ts";
import type { Store } from "./store.ts";

/** Rows that one list gives at most, whatever was asked for. */
export const rowsMax = 10_000;

/** Explicit runs, the one with the newest activity first. */
export function listRuns(
  store: Store,
  filter: { readonly tenant?: string; readonly limit: number },
): readonly RunRow[] {
  return store.connection
    .all(
      `select tenant, run, count(*) as claims, sum(state = 'in-doubt') as in_doubt,
         min(created_at_ms) as first_at_ms, max(coalesce(finished_at_ms, created_at_ms)) as last_at_ms
       from claims
       where run is not null and (:tenant is null or tenant = :tenant)
       group by tenant, run
       order by last_at_ms desc, run
       limit :limit`,
      { tenant: filter.tenant ?? null, limit: bounded(filter.limit) },
    )
    .map((row) => ({
      tenant: row["tenant"] as string,
      run: row["run"] as string,
      claims: Number(row["claims"]),
      inDoubt: Number(row["in_doubt"]),
      firstAtMs: Number(row["first_at_ms"]),
      lastAtMs: Number(row["last_at_ms"]),
    }));
}

/** Claims, the newest first. */
export function listClaims(store: Store, filter: ClaimFilter): readonly ClaimRecord[] {
  return store.connection
    .all(
      `select * from claims
       where (:tenant is null or tenant = :tenant)
         and (:kind is null or kind = :kind)
         and (:run is null or run = :run)
         and (:states is null or state in (select value from json_each(:states)))
       order by seq desc
       limit :limit`,
      {
        tenant: filter.tenant ?? null,
        kind: filter.kind ?? null,
        run: filter.run ?? null,
        states: filter.states === undefined ? null : JSON.stringify(filter.states),
        limit: bounded(filter.limit),
      },
    )
    .map((row) => toRecord(row));
}

function bounded(limit: number): number {
  return Math.max(0, Math.min(Math.floor(limit), rowsMax));
}
