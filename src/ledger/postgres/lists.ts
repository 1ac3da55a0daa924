import { factKinds, type VerdictKind } from "../../exchange/run-facts.ts";
import { bounded } from "../bounds.ts";
import type { ClaimFilter, ClaimRecord, RunFilter, RunRow } from "../ledger.ts";
import { attemptValues, notAsked } from "./counting.ts";
import type { Queries } from "./database.ts";
import { toRecord } from "./records.ts";

/** Explicit runs, the one with the newest activity first. */
export async function listRuns(queries: Queries, filter: RunFilter): Promise<readonly RunRow[]> {
  const rows = await queries.all(
    `with known as (
       select tenant, run, count(*) as claims, count(*) filter (where state = 'in-doubt') as in_doubt,
         min(created_at_ms) as first_at_ms, max(coalesce(finished_at_ms, created_at_ms)) as last_at_ms,
         null::bigint as closed_at_ms
       from @claims
       where run is not null and (:tenant::text is null or tenant = :tenant)
         and (:run::text is null or run = :run)
       group by tenant, run
       union all
       select tenant, substr(subject, 5), 0, 0, min(at_ms), max(at_ms),
         min(at_ms) filter (where kind = '${factKinds.runClosed}')
       from @facts
       where subject >= 'run:' and subject < 'run;' and (:tenant::text is null or tenant = :tenant)
         and (:run::text is null or subject = 'run:' || :run)
       group by tenant, subject
     )
     select tenant, run, sum(claims)::bigint as claims, sum(in_doubt)::bigint as in_doubt,
       min(first_at_ms) as first_at_ms, max(last_at_ms) as last_at_ms, max(closed_at_ms) as closed_at_ms
     from known
     group by tenant, run
     order by last_at_ms desc, run
     limit :limit::integer`,
    { tenant: filter.tenant ?? null, run: filter.run ?? null, limit: bounded(filter.limit) },
  );
  const known = rows as readonly { readonly tenant: string; readonly run: string }[];
  const decided = await decidedIn(queries, known);
  return rows.map((row, index) => ({
    tenant: row["tenant"] as string,
    run: row["run"] as string,
    claims: row["claims"] as number,
    inDoubt: row["in_doubt"] as number,
    ...(decided.get(index) ?? { verdicts: {}, reported: 0 }),
    firstAtMs: row["first_at_ms"] as number,
    lastAtMs: row["last_at_ms"] as number,
    closedAtMs: row["closed_at_ms"] as number | null,
  }));
}

interface Decided {
  readonly verdicts: Partial<Record<VerdictKind, number>>;
  reported: number;
}

/**
 * Counted for the runs that are listed only: the verdicts of all others stay unread. To read a value
 * PostgreSQL would decode every escape in it, and it has no NUL and no half of a pair; what is counted
 * here has no escapes, so those of the rest are made harmless.
 */
async function decidedIn(
  queries: Queries,
  runs: readonly { readonly tenant: string; readonly run: string }[],
): Promise<ReadonlyMap<number, Decided>> {
  const counted = await queries.all(
    `select listed.place, verdict.value ->> 'verdict' as verdict, count(*) as count,
       count(*) filter (where verdict.value ->> 'done' = 'only-reported') as reported
     from unnest(:tenants::text[], :subjects::text[]) with ordinality as listed (tenant, subject, place)
       join @facts fact on fact.tenant = listed.tenant and fact.subject = listed.subject
         and fact.kind = '${factKinds.verdict}',
       lateral (select replace(fact.value, '\\u', '/u')::json as value) verdict
     group by 1, 2`,
    { tenants: runs.map(({ tenant }) => tenant), subjects: runs.map(({ run }) => `run:${run}`) },
  );
  const decided = new Map<number, Decided>();
  for (const { place, verdict, count, reported } of counted) {
    const index = Number(place) - 1;
    const one = decided.get(index) ?? { verdicts: {}, reported: 0 };
    one.verdicts[verdict as VerdictKind] = Number(count);
    one.reported += Number(reported);
    decided.set(index, one);
  }
  return decided;
}

/** Claims, the newest first. */
export async function listClaims(queries: Queries, filter: ClaimFilter): Promise<readonly ClaimRecord[]> {
  const { notAskedBy } = filter;
  const rows = await queries.all(
    `select claim.* from @claims claim
     where (:tenant::text is null or tenant = :tenant)
       and (:kind::text is null or kind = :kind)
       and (:run::text is null or run = :run)
       and (:states::text[] is null or state = any(:states))
       ${notAskedBy === undefined ? "" : `and ${notAsked}`}
     order by seq desc
     limit :limit::integer`,
    {
      tenant: filter.tenant ?? null,
      kind: filter.kind ?? null,
      run: filter.run ?? null,
      states: filter.states ?? null,
      ...(notAskedBy === undefined ? {} : attemptValues(notAskedBy.attempt)),
      limit: bounded(filter.limit),
    },
  );
  return rows.map(toRecord);
}
