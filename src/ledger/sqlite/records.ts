import type { ClaimKind, ClaimRecord, ClaimState, RecordedAnswer } from "../ledger.ts";
import type { ClaimAsk } from "./claims.ts";
import type { Connection, Row, Values } from "./connection.ts";

/** A claim's row as the contract's record. */
export function toRecord(row: Row): ClaimRecord {
  return {
    id: text(row, "id"),
    tenant: text(row, "tenant"),
    kind: text(row, "kind") as ClaimKind,
    key: text(row, "key"),
    occurrence: Number(row["occurrence"]),
    run: textOrNull(row, "run"),
    stage: textOrNull(row, "stage"),
    attempt: textOrNull(row, "attempt"),
    fingerprint: text(row, "fingerprint"),
    clientKey: textOrNull(row, "client_key"),
    detail: JSON.parse(text(row, "detail")) as ClaimRecord["detail"],
    state: text(row, "state") as ClaimState,
    epoch: Number(row["epoch"]),
    keyEpoch: Number(row["key_epoch"]),
    keyAtMs: Number(row["key_at_ms"]),
    sent: textOrNull(row, "sent"),
    doubted: row["doubted"] === 1,
    owner: text(row, "owner"),
    nonce: text(row, "nonce"),
    leaseUntilMs: Number(row["lease_until_ms"]),
    createdAtMs: Number(row["created_at_ms"]),
    finishedAtMs: row["finished_at_ms"] === null ? null : Number(row["finished_at_ms"]),
    delivered: row["delivered"] === 1,
    reason: textOrNull(row, "reason"),
    answer: toAnswer(row, "answer"),
    lateAnswer: toAnswer(row, "late_answer"),
  };
}

function text(row: Row, column: string): string {
  return row[column] as string;
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] as string | null;
}

function toAnswer(row: Row, column: string): RecordedAnswer | null {
  const json = textOrNull(row, column);
  return json === null ? null : (JSON.parse(json) as RecordedAnswer);
}

/** The record that a statement on `claims` gives, or null. */
export function oneRecord(connection: Connection, sql: string, values: Values): ClaimRecord | null {
  const row = connection.one(sql, values);
  return row === null ? null : toRecord(row);
}

export function recordById(connection: Connection, id: string): ClaimRecord | null {
  return oneRecord(connection, "select * from claims where id = :id", { id });
}

/** The record that a claim of a new place makes: reading it back would cost more than the insert itself. */
export function newRecord(ask: ClaimAsk, occurrence: number, nowMs: number): ClaimRecord {
  const { id, tenant, kind, key, run, stage, attempt, fingerprint, clientKey, owner, nonce } = ask;
  return {
    id,
    tenant,
    kind,
    key,
    occurrence,
    run,
    stage,
    attempt,
    fingerprint,
    clientKey,
    detail: JSON.parse(ask.detail) as ClaimRecord["detail"],
    state: "intent",
    epoch: 1,
    keyEpoch: 1,
    keyAtMs: nowMs,
    sent: ask.sent ?? null,
    doubted: false,
    owner,
    nonce,
    leaseUntilMs: nowMs + ask.leaseMs,
    createdAtMs: nowMs,
    finishedAtMs: null,
    delivered: false,
    reason: null,
    answer: null,
    lateAnswer: null,
  };
}
