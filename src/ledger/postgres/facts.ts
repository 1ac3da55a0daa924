import type { Fact } from "../../exchange/fact.ts";
import { bounded } from "../bounds.ts";
import type { FactPage } from "../ledger.ts";
import type { Queries } from "./database.ts";
import type { Row } from "./statement.ts";

/** A fact as it reaches the store: its value as JSON. */
export interface FactAsk {
  readonly tenant: string;
  readonly subject: string;
  readonly kind: string;
  readonly json: string;
}

/**
 * Appends all facts or none, in one statement. A batch that is there already is given back as it is:
 * whoever did not learn whether it was committed sends it again. One at a time appends to a subject,
 * so that nobody sees a fact before an older one. Fails where the ledger has come less far than `reached`;
 * null: what is appended belongs to work that is recorded to its end, whatever was lost.
 */
export async function append(
  queries: Queries,
  facts: readonly FactAsk[],
  batch: string,
  reached: number | null = null,
): Promise<readonly Fact[]> {
  if (facts.length === 0) return [];
  const rows = await queries.all(
    `with turn as materialized
       (select count(pg_advisory_xact_lock(lock)) from
          (select distinct hashtextextended(name, 0) as lock
           from unnest(:names::text[]) name order by 1) locks)
     insert into @facts (tenant, subject, kind, value, at_ms, batch, place)
     select fact.tenant, fact.subject, fact.kind, fact.json, @now_ms(), :batch, fact.place
     from turn, unnest(:tenants::text[], :subjects::text[], :kinds::text[], :jsons::text[])
       with ordinality as fact (tenant, subject, kind, json, place)
     where :reached::bigint is null or @require_reached(:reached::bigint)
     order by fact.place
     on conflict (batch, place) do nothing
     returning *`,
    {
      names: facts.map(({ tenant, subject }) => lockName(tenant, subject)),
      tenants: facts.map(({ tenant }) => tenant),
      subjects: facts.map(({ subject }) => subject),
      kinds: facts.map(({ kind }) => kind),
      jsons: facts.map(({ json }) => json),
      batch,
      reached,
    },
  );
  if (rows.length === facts.length) return rows.map(toFact);
  const there = await queries.all("select * from @facts where batch = :batch order by place", { batch });
  if (there.length !== facts.length) throw new Error("a batch of facts is there in part");
  return there.map(toFact);
}

/** What is locked where facts of one subject are appended, or leave. */
export function lockName(tenant: string, subject: string): string {
  return JSON.stringify(["facts", tenant, subject]);
}

/** Facts of one subject, oldest first. */
export async function factsOf(
  queries: Queries,
  tenant: string,
  subject: string,
  kind: string | undefined,
  page?: FactPage,
): Promise<readonly Fact[]> {
  const rows = await queries.all(
    `select * from @facts
     where tenant = :tenant and subject = :subject and sequence > :after
       ${kind === undefined ? "" : "and kind = :kind"}
     order by sequence
     limit :limit::integer`,
    {
      tenant,
      subject,
      kind: kind ?? null,
      after: page?.afterSequence ?? 0,
      // To PostgreSQL null is no limit.
      limit: page === undefined ? null : bounded(page.limit),
    },
  );
  return rows.map(toFact);
}

function toFact(row: Row): Fact {
  return {
    tenant: row["tenant"] as string,
    subject: row["subject"] as string,
    kind: row["kind"] as string,
    value: JSON.parse(row["value"] as string) as unknown,
    sequence: row["sequence"] as number,
    atMs: row["at_ms"] as number,
  };
}
