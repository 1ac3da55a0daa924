import type { Fact } from "../../exchange/fact.ts";
import type { FactPage } from "../ledger.ts";
import { bounded } from "../bounds.ts";
import type { Row } from "./connection.ts";
import type { Store } from "./store.ts";

/** A fact as it reaches the store: its value as JSON. */
export interface FactAsk {
  readonly tenant: string;
  readonly subject: string;
  readonly kind: string;
  readonly json: string;
}

/** Appends without asking for room: whoever begins something new asks before. */
export function append(store: Store, facts: readonly FactAsk[], nowMs: number): readonly Fact[] {
  return facts.map((fact) => {
    const row = store.connection.one(
      `insert into facts (tenant, subject, kind, value, at_ms)
       values (:tenant, :subject, :kind, :value, :nowMs)
       returning *`,
      {
        tenant: fact.tenant,
        subject: fact.subject,
        kind: fact.kind,
        value: fact.json,
        nowMs,
      },
    );
    if (row === null) throw new Error("an appended fact gave no row");
    return toFact(row);
  });
}

/** Facts of one subject, oldest first. */
export function factsOf(
  store: Store,
  tenant: string,
  subject: string,
  kind: string | undefined,
  page?: FactPage,
): readonly Fact[] {
  return store.connection
    .all(
      `select * from facts
       where tenant = :tenant and subject = :subject and sequence > :after
         ${kind === undefined ? "" : "and kind = :kind"}
       order by sequence
       limit +:limit`,
      {
        tenant,
        subject,
        ...(kind === undefined ? {} : { kind }),
        after: page?.afterSequence ?? 0,
        // To SQLite a negative limit is none.
        limit: page === undefined ? -1 : bounded(page.limit),
      },
    )
    .map((row) => toFact(row));
}

function toFact(row: Row): Fact {
  return {
    tenant: row["tenant"] as string,
    subject: row["subject"] as string,
    kind: row["kind"] as string,
    value: JSON.parse(row["value"] as string) as unknown,
    sequence: Number(row["sequence"]),
    atMs: Number(row["at_ms"]),
  };
}
