import { factKinds, type VerdictKind } from "../../exchange/run-facts.ts";
import type { ClaimFilter, ClaimRecord, RunFilter, RunRow } from "../ledger.ts";
import { bounded } from "../bounds.ts";
import { attemptValues, notAsked } from "./counting.ts";
import { toRecord } from "./records.ts";
import type { Store } from "./store.ts";

/** Explicit runs, the one with the newest activity first. */
export function listRuns(store: Store, filter: RunFilter): readonly RunRow[] {
  const rows = store.connection.all(
    `with known as (
       select tenant, run, count(*) as claims, sum(state = 'in-doubt') as in_doubt,
         min(created_at_ms) as first_at_ms, max(coalesce(finished_at_ms, created_at_ms)) as last_at_ms,
         null as closed_at_ms
       from claims
       where run is not null and (:tenant is null or tenant = :tenant) and (:run is null or run = :run)
       group by tenant, run
       union all
       select tenant, substr(subject, 5), 0, 0, min(at_ms), max(at_ms),
         min(case when kind = '${factKinds.runClosed}' then at_ms end)
       from facts
       where subject >= 'run:' and subject < 'run;' and (:tenant is null or tenant = :tenant)
         and (:run is null or subject = 'run:' || :run)
       group by tenant, subject
     )
     select tenant, run, sum(claims) as claims, sum(in_doubt) as in_doubt, min(first_at_ms) as first_at_ms,
       max(last_at_ms) as last_at_ms, max(closed_at_ms) as closed_at_ms
     from known
     group by tenant, run
     order by last_at_ms desc, run
     limit +:limit`,
    { tenant: filter.tenant ?? null, run: filter.run ?? null, limit: bounded(filter.limit) },
  );
  return rows.map((row) => {
    const tenant = row["tenant"] as string;
    const run = row["run"] as string;
    return {
      tenant,
      run,
      claims: Number(row["claims"]),
      inDoubt: Number(row["in_doubt"]),
      ...verdictsOf(store, tenant, run),
      firstAtMs: Number(row["first_at_ms"]),
      lastAtMs: Number(row["last_at_ms"]),
      closedAtMs: row["closed_at_ms"] === null ? null : Number(row["closed_at_ms"]),
    };
  });
}

/** Counted for the runs that are listed only: the verdicts of all others stay unread. */
function verdictsOf(store: Store, tenant: string, run: string): Pick<RunRow, "verdicts" | "reported"> {
  const verdicts: Partial<Record<VerdictKind, number>> = {};
  let reported = 0;
  const counted = store.connection.all(
    `select value ->> 'verdict' as verdict, count(*) as count,
       sum(coalesce(value ->> 'done', '') = 'only-reported') as reported
     from facts
     where tenant = :tenant and subject = 'run:' || :run and kind = '${factKinds.verdict}'
     group by 1`,
    { tenant, run },
  );
  for (const { verdict, count, reported: only } of counted) {
    verdicts[verdict as VerdictKind] = Number(count);
    reported += Number(only);
  }
  return { verdicts, reported };
}

/** The claims of a tenant's run are found by their index, which SQLite does not see behind "or". */
function ofWhom({ tenant, run }: ClaimFilter): string {
  if (tenant !== undefined && run !== undefined) return "tenant = :tenant and run = :run";
  return "(:tenant is null or tenant = :tenant) and (:run is null or run = :run)";
}

/** Claims, the newest first. */
export function listClaims(store: Store, filter: ClaimFilter): readonly ClaimRecord[] {
  const { notAskedBy } = filter;
  return store.connection
    .all(
      `select * from claims
       where ${ofWhom(filter)}
         and (:kind is null or kind = :kind)
         and (:states is null or state in (select value from json_each(:states)))
         ${notAskedBy === undefined ? "" : `and ${notAsked}`}
       order by seq desc
       limit +:limit`,
      {
        tenant: filter.tenant ?? null,
        kind: filter.kind ?? null,
        run: filter.run ?? null,
        states: filter.states === undefined ? null : JSON.stringify(filter.states),
        ...(notAskedBy === undefined ? {} : attemptValues(notAskedBy.attempt)),
        limit: bounded(filter.limit),
      },
    )
    .map((row) => toRecord(row));
}
