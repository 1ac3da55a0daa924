import type { Claimed, ClaimRecord, ClaimState, Settled, Settlement } from "../ledger.ts";
import type { ClaimAsk } from "./claims.ts";
import { newRecord } from "./records.ts";

// What the ledger's thread says in few words, because the one that asked knows the rest: a record is most of
// a message, and to write and read it was most of the price of asking.

/** A claim that made its record: what of that was not asked for. */
interface Made {
  readonly kind: "made";
  readonly key: string;
  readonly occurrence: number;
  readonly atMs: number;
  readonly newest: ClaimRecord | null;
  readonly isFirstOfRun?: true;
}

/** How a running claim ended. */
export interface Ended {
  readonly state: ClaimState;
  readonly reason: string | null;
  readonly finishedAtMs: number | null;
}

export type ShortClaimed = Claimed | Made;
export type ShortSettled = Settled | { readonly ended: Ended };

export function shortClaimed(ask: ClaimAsk, claimed: Claimed): ShortClaimed {
  const { kind, record } = claimed;
  if (kind !== "won" || record.id !== ask.id) return claimed;
  const { key, occurrence, createdAtMs: atMs } = record;
  const { newest, isFirstOfRun } = claimed;
  return { kind: "made", key, occurrence, atMs, newest, ...(isFirstOfRun && { isFirstOfRun }) };
}

export function wholeClaimed(ask: ClaimAsk, short: ShortClaimed): Claimed {
  if (short.kind !== "made") return short;
  const { key, occurrence, atMs, newest, isFirstOfRun } = short;
  const record = newRecord({ ...ask, key }, occurrence, atMs);
  return { kind: "won", record, newest, ...(isFirstOfRun && { isFirstOfRun }) };
}

export function endedRecord(known: ClaimRecord, { answer }: Settlement, ended: Ended): ClaimRecord {
  return { ...known, ...ended, answer: answer ?? null };
}
