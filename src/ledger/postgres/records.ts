import type { ClaimKind, ClaimRecord, ClaimState, RecordedAnswer } from "../ledger.ts";
import type { Queries } from "./database.ts";
import type { Row, Values } from "./statement.ts";

/** A claim's row as the contract's record. */
export function toRecord(row: Row): ClaimRecord {
  return {
    id: row["id"] as string,
    tenant: row["tenant"] as string,
    kind: row["kind"] as ClaimKind,
    key: row["key"] as string,
    occurrence: row["occurrence"] as number,
    run: row["run"] as string | null,
    stage: row["stage"] as string | null,
    attempt: row["attempt"] as string | null,
    fingerprint: row["fingerprint"] as string,
    clientKey: row["client_key"] as string | null,
    detail: JSON.parse(row["detail"] as string) as ClaimRecord["detail"],
    state: row["state"] as ClaimState,
    epoch: row["epoch"] as number,
    keyEpoch: row["key_epoch"] as number,
    keyAtMs: row["key_at_ms"] as number,
    sent: row["sent"] as string | null,
    doubted: row["doubted"] as boolean,
    owner: row["owner"] as string,
    nonce: row["nonce"] as string,
    leaseUntilMs: row["lease_until_ms"] as number,
    createdAtMs: row["created_at_ms"] as number,
    finishedAtMs: row["finished_at_ms"] as number | null,
    delivered: row["delivered"] as boolean,
    reason: row["reason"] as string | null,
    answer: toAnswer(row["answer"]),
    lateAnswer: toAnswer(row["late_answer"]),
  };
}

function toAnswer(json: unknown): RecordedAnswer | null {
  return typeof json === "string" ? (JSON.parse(json) as RecordedAnswer) : null;
}

/** A record, and whether its lease has run out by the database's clock. */
export interface Found {
  readonly record: ClaimRecord;
  readonly isOverdue: boolean;
  /** When it was read, by the database's clock. */
  readonly nowMs: number;
  /** The nonce of the last settlement. */
  readonly settlement: string | null;
}

/** The columns that a `Found` is made of. */
const found = "*, state = 'intent' and lease_until_ms <= @now_ms() as overdue, @now_ms() as now_ms";

/** The first claim that `condition` (with its order) names, or null. */
export async function findRecord(queries: Queries, condition: string, values: Values): Promise<Found | null> {
  const row = await queries.one(`select ${found} from @claims where ${condition}`, values);
  if (row === null) return null;
  return {
    record: toRecord(row),
    isOverdue: row["overdue"] === true,
    nowMs: row["now_ms"] as number,
    settlement: row["settlement"] as string | null,
  };
}

/** The record that a writing statement gives back, or null where it wrote none. */
export async function writtenRecord(
  queries: Queries,
  sql: string,
  values: Values,
): Promise<ClaimRecord | null> {
  const row = await queries.one(sql, values);
  return row === null ? null : toRecord(row);
}

/** The records of these, in their order; null for what there is none of. */
export async function recordsById(
  queries: Queries,
  ids: readonly string[],
): Promise<readonly (ClaimRecord | null)[]> {
  const rows = await queries.all("select * from @claims where id = any(:ids)", { ids });
  const known = new Map(rows.map((row) => [row["id"] as string, toRecord(row)]));
  return ids.map((id) => known.get(id) ?? null);
}
