import { writeMs } from "../config/units.ts";
import type { ClaimRecord, ClaimState, Ledger } from "../ledger/ledger.ts";
import { cell, plain } from "./plain.ts";
import { columns } from "./table.ts";

export interface EffectsQuery {
  readonly inDoubtOnly: boolean;
  readonly run: string | undefined;
  readonly limit: number;
}

export interface EffectsFound {
  readonly records: readonly ClaimRecord[];
  /** True where there are more than the limit lets through. */
  readonly more: boolean;
}

/** Recorded effects, the newest first. */
export async function findEffects(ledger: Ledger, query: EffectsQuery, nowMs: number): Promise<EffectsFound> {
  const { run, limit, inDoubtOnly } = query;
  // One more than is shown, to know whether there are more.
  const filter = { kind: "effect", ...(run === undefined ? {} : { run }), limit: limit + 1 } as const;
  if (!inDoubtOnly) return cut(await ledger.listClaims(filter), limit);
  const doubted = await ledger.listClaims({ ...filter, states: ["in-doubt"] });
  const begun = await ledger.listClaims({ ...filter, states: ["intent"] });
  const orphaned = begun.filter((record) => isOrphaned(record, nowMs));
  return cut([...doubted, ...orphaned].sort(newestFirst), limit);
}

/**
 * True for a call whose gateway died: begun, and not heard of for longer than its lease. It is in
 * doubt already; the ledger only writes that down when a gateway next looks.
 */
export function isOrphaned(record: ClaimRecord, nowMs: number): boolean {
  return record.state === "intent" && record.leaseUntilMs < nowMs;
}

/** A state in words. */
export function stateWords(record: ClaimRecord, nowMs: number): string {
  if (isOrphaned(record, nowMs)) return "in doubt";
  const words: Readonly<Record<ClaimState, string>> = {
    intent: "running",
    done: record.answer?.extent === "cut" ? "done, answer cut" : "done",
    declined: "declined",
    "not-sent": "not sent",
    "in-doubt": "in doubt",
    "resolved-done": "resolved as done",
    "resolved-not-done": "resolved as not done",
    abandoned: "abandoned",
  };
  return words[record.state];
}

/** Widest cells, in characters. The operation's id is never cut: it is what `resolve` needs. */
const widths = { state: 20, age: 8, call: 40, run: 24, reason: 60 } as const;

/** A table for people, in columns; plain text, without colours. */
export function effectsTable(records: readonly ClaimRecord[], nowMs: number): string {
  const rows = [
    ["OPERATION", "STATE", "AGE", "CALL", "RUN", "REASON"],
    ...records.map((record) => [
      plain(record.id),
      cell(stateWords(record, nowMs), widths.state),
      cell(writeMs(Math.max(0, nowMs - record.createdAtMs)), widths.age),
      cell(callName(record), widths.call),
      cell(record.run ?? "-", widths.run),
      cell(
        record.reason ?? (isOrphaned(record, nowMs) ? "its gateway was not heard of again" : "-"),
        widths.reason,
      ),
    ]),
  ];
  return columns(rows);
}

/** One JSON object a line. The nonce of the claim stays here: it is the right to end it. */
export function effectsJson(records: readonly ClaimRecord[], nowMs: number): string {
  return records.map((record) => `${JSON.stringify(effectJson(record, nowMs))}\n`).join("");
}

/** What a program is told of one operation. */
export function effectJson(record: ClaimRecord, nowMs: number): Readonly<Record<string, unknown>> {
  const { id, state, tenant, run, stage, attempt, occurrence, epoch, delivered, reason, clientKey, detail } =
    record;
  const { answer, lateAnswer } = record;
  return {
    operation: id,
    state: isOrphaned(record, nowMs) ? "in-doubt" : state,
    createdAt: new Date(record.createdAtMs).toISOString(),
    finishedAt: record.finishedAtMs === null ? null : new Date(record.finishedAtMs).toISOString(),
    tenant,
    run,
    stage,
    attempt,
    occurrence,
    epoch,
    delivered,
    reason,
    clientKey,
    detail,
    answer: answer === null ? null : { status: answer.status, extent: answer.extent },
    lateAnswer: lateAnswer === null ? null : { status: lateAnswer.status, extent: lateAnswer.extent },
  };
}

/** `mail POST https://mail.internal/send`, of what the record says about itself. */
export function callName({ detail }: ClaimRecord): string {
  const words = ["tool", "method", "target"].map((key) => detail[key]);
  const said = words.filter((word) => typeof word === "string" && word !== "");
  return said.length === 0 ? "-" : said.join(" ");
}

/** The decision of a model that an operation carries out, of those that its record names. */
export function decisionOf({
  occurrence,
  detail,
}: ClaimRecord): { readonly turn: string; readonly call: string } | null {
  const { decisions } = detail;
  if (!Array.isArray(decisions)) return null;
  const { turn, call } = ((decisions as unknown[])[occurrence - 1] ?? {}) as Readonly<
    Record<string, unknown>
  >;
  return typeof turn === "string" && typeof call === "string" ? { turn, call } : null;
}

function cut(records: readonly ClaimRecord[], limit: number): EffectsFound {
  return { records: records.slice(0, limit), more: records.length > limit };
}

function newestFirst(one: ClaimRecord, other: ClaimRecord): number {
  return other.createdAtMs - one.createdAtMs;
}
