import type { Fact } from "../exchange/fact.ts";
import type { Loss } from "../exchange/loss.ts";
import type { VerdictKind } from "../exchange/run-facts.ts";

/** What a claim is about. Later features add kinds, not methods. */
export type ClaimKind = "effect" | "turn" | "lock" | "stage" | "confirmation";

/**
 * The state of a record.
 * - `intent`: claimed; from here on a dispatch may have happened
 * - `done`: executed, the answer is recorded (`answer` says how much of it)
 * - `declined`: the upstream refused it: not executed · `not-sent`: surely never left
 * - `in-doubt`: dispatched, outcome unknown
 * - `resolved-done`, `resolved-not-done`, `abandoned`: how a human, or late evidence, ended a doubt
 */
export type ClaimState =
  | "intent"
  | "done"
  | "declined"
  | "not-sent"
  | "in-doubt"
  | "resolved-done"
  | "resolved-not-done"
  | "abandoned";

/** Free to run again, under the next epoch. */
export const freeStates = [
  "declined",
  "not-sent",
  "resolved-not-done",
] as const satisfies readonly ClaimState[];

/** A recorded HTTP answer. Its body is in blobs, in order; `cut` where the end was not seen. */
export interface RecordedAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: readonly string[];
  readonly extent: "whole" | "cut";
}

/** A fenced lease with a state: the durable identity of one operation. */
export interface ClaimRecord {
  /** What `longstop resolve` names: unique, printable, stable. */
  readonly id: string;
  readonly tenant: string;
  readonly kind: ClaimKind;
  /** Base key (hex SHA-256) and which of several equal ones this is, from 1. */
  readonly key: string;
  readonly occurrence: number;
  readonly run: string | null;
  readonly stage: string | null;
  /** The attempt that executed it. */
  readonly attempt: string | null;
  /** Hash over the payload: what an equal client key with another payload is noticed by. */
  readonly fingerprint: string;
  readonly clientKey: string | null;
  /** For people: target, method, name; the key sent upstream. JSON, small. */
  readonly detail: Readonly<Record<string, unknown>>;
  readonly state: ClaimState;
  readonly epoch: number;
  /** Under which epoch the key that goes upstream began, and when: later epochs send the same one. */
  readonly keyEpoch: number;
  readonly keyAtMs: number;
  /** Hash over the bytes of its dispatch, or null where that is not known. */
  readonly sent: string | null;
  /** True where an earlier dispatch may have been executed: a refusal of this one proves nothing. */
  readonly doubted: boolean;
  readonly owner: string;
  readonly nonce: string;
  readonly leaseUntilMs: number;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
  /**
   * True once the answer was handed to the kernel for a client and no reset was seen. False again once a
   * later attempt meets the record: what an earlier one got says nothing of whether this one gets it.
   */
  readonly delivered: boolean;
  /** Why it is in doubt, or how it was resolved and by whom. One sentence. */
  readonly reason: string | null;
  /** While it runs again after a refusal: that refusal. */
  readonly answer: RecordedAnswer | null;
  /** An answer that came too late to be fenced in, kept as evidence. */
  readonly lateAnswer: RecordedAnswer | null;
}

/** When the newest equal record is met instead of a new one being made (`occurrence: "next"`). */
export interface Reuse {
  /** While it is `intent` (attach). */
  readonly running: boolean;
  /**
   * Once it ended, while its answer was not handed over, or ended not longer ago than this (ms). Where
   * several gateways share the ledger, a turn of another one may just be on its way to its client: it is
   * passed over, unless it ended so lately.
   */
  readonly undelivered: boolean;
  readonly deliveredWithinMs: number;
}

/** When a record in doubt may be won: where a second dispatch cannot have a second effect. */
export interface Redispatch {
  /** The key that goes upstream must have begun less long ago than this, ms; null: whenever. */
  readonly withinMs: number | null;
  /** The bytes must be those of the first dispatch (`sent`). */
  readonly sameBytes: boolean;
}

export interface ClaimRequest {
  readonly tenant: string;
  readonly kind: ClaimKind;
  readonly key: string;
  /**
   * A number names the record. `next` allocates, in the ledger, the k-th of this attempt: attempt
   * `a` of run `r` counts its own equal calls from 1, and meets what an earlier attempt recorded
   * under the same number. A record in doubt (or abandoned) is always met, or won where `redispatch`
   * says so, and never passed over: the counter does not go past it. So is one that runs again out
   * of a doubt.
   */
  readonly occurrence: "next" | number;
  readonly reuse: Reuse;
  /** Equal calls this attempt may make (`next`, at least 1): one beyond meets the newest. Left out: any. */
  readonly callsMax?: number;
  /**
   * A key that equal calls had before they were known by `key`: where there is a first record under it,
   * this claim (`next`) is about that key instead.
   */
  readonly formerKey?: string;
  readonly run: string | null;
  readonly stage: string | null;
  readonly attempt: string | null;
  readonly fingerprint: string;
  /** An explicit key of the client: an equal one (same tenant, kind, `clientKeyScope`) meets that record. */
  readonly clientKey: string | null;
  readonly clientKeyScope: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly owner: string;
  /** Length of the lease, ms. */
  readonly leaseMs: number;
  /** Left out: a record in doubt is never won. Where it is, its next epoch keeps its key. */
  readonly redispatch?: Redispatch;
  /** Hash over the bytes that a dispatch would send. */
  readonly sent?: string;
  /** A record of another kind than effect that was done this long ago, ms, is free again. Left out: never. */
  readonly keptForMs?: number;
  /**
   * Statuses of a refusal after which the next dispatch takes a new key (`keyEpoch`), because the
   * service may have stored the refusal under the old one; `any`: after whatever set it free, but
   * that nothing was sent. Left out: none. A key that the client chose stays.
   */
  readonly newKeyAfter?: readonly number[] | "any";
}

/**
 * `won`: the record is ours, on disk, state `intent`: dispatch may begin. `isFirstOfRun`: it is a turn, and
 * known to be the first record of its run. `met`: another record answers for this call; `isNext`: as the next
 * one of its attempt, which an earlier one made, not as one that came again. `conflict`: equal client key,
 * other payload.
 */
export type Claimed =
  | {
      readonly kind: "won";
      readonly record: ClaimRecord;
      readonly newest: ClaimRecord | null;
      readonly isFirstOfRun?: true;
    }
  | { readonly kind: "met"; readonly record: ClaimRecord; readonly isNext?: true }
  | { readonly kind: "conflict"; readonly record: ClaimRecord };

/** Proof of holding a claim. A settle with an old epoch or nonce changes nothing. */
export interface Fence {
  readonly id: string;
  readonly epoch: number;
  readonly nonce: string;
}

export interface Settlement {
  readonly state: ClaimState;
  readonly reason?: string;
  readonly answer?: RecordedAnswer;
}

export interface Settled {
  /** False where the fence was old: the answer, if any, was kept as `lateAnswer`. */
  readonly applied: boolean;
  readonly record: ClaimRecord;
}

/** What the ledger knows of one explicit run, from its claims and from the facts about it. */
export interface RunRow {
  readonly tenant: string;
  readonly run: string;
  readonly claims: number;
  readonly inDoubt: number;
  /** Facts of kind `verdict`, by what was decided, and how many of all were only reported. */
  readonly verdicts: Readonly<Partial<Record<VerdictKind, number>>>;
  readonly reported: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** When the first fact of kind `run-closed` was written, or null. */
  readonly closedAtMs: number | null;
}

export interface RunFilter {
  readonly tenant?: string;
  readonly run?: string;
  readonly limit: number;
}

/** A piece of a subject's facts. */
export interface FactPage {
  /** Only those behind this sequence. */
  readonly afterSequence?: number;
  readonly limit: number;
}

export interface ClaimFilter {
  readonly tenant?: string;
  readonly kind?: ClaimKind;
  readonly states?: readonly ClaimState[];
  readonly run?: string;
  /**
   * Only what this attempt has neither executed nor met by the count of its calls, so only with a `run`. What
   * it met by a client key is not counted.
   */
  readonly notAskedBy?: { readonly attempt: string | null };
  readonly limit: number;
}

/** Who takes note of a loss, and why; for the audit. */
export interface Confirmation {
  readonly user: string;
  readonly reason: string | null;
}

export interface LedgerHealth {
  readonly ok: boolean;
  /** One sentence: what is wrong, or where the ledger is and how large. */
  readonly detail: string;
  readonly sizeBytes: number;
  /** Until it is confirmed. Left out, nothing is lost. */
  readonly loss?: Loss;
}

/**
 * The durable memory: verbs on claims, facts and blobs. When a promise resolves, what it says is on
 * disk (exceptions are named). Every method rejects with `LongstopError("ledger_down", …)` when
 * the store cannot be reached, is full, or is closed; nothing is then half done. After a loss, `claim`
 * and `append` reject with `ledger_unconfirmed` until `confirm`.
 */
export interface Ledger {
  /** True where of two things that are asked for at once the second is never seen without the first. */
  readonly keepsOrder?: boolean;
  /** True where one gateway has it: who opens it next ends what that left running. */
  readonly hasOneOwner?: boolean;
  claim(request: ClaimRequest): Promise<Claimed>;
  /** Lengthens the lease. False where the fence is old. */
  renew(fence: Fence, leaseMs: number): Promise<boolean>;
  /** Ends a claim, or moves it on. Fenced; ending a doubt (`resolved-*`, `abandoned`) is audited. */
  settle(fence: Fence, settlement: Settlement): Promise<Settled>;
  /** Marks that the answer was handed over. May be written late (batched): a crash can forget it. */
  markDelivered(id: string): Promise<void>;
  read(id: string): Promise<ClaimRecord | null>;

  /** Appends facts, all or none, and gives them back with sequence and time. */
  append(facts: readonly Omit<Fact, "sequence" | "atMs">[]): Promise<readonly Fact[]>;
  /** Facts of one subject, oldest first; all kinds, or one; all of them, or a page. */
  facts(tenant: string, subject: string, kind?: string, page?: FactPage): Promise<readonly Fact[]>;

  /**
   * Stores bytes by content, at most `blobBytesMax` each; gives their address: their hash (hex SHA-256), or
   * one made of `address`: for what is found without being told where it is, so never another content under
   * it. `get` takes either. Sealing may add `sealBytesMax`. What is stored already stays, and gets younger.
   */
  put(tenant: string, bytes: Uint8Array, address?: string): Promise<string>;
  get(tenant: string, address: string): Promise<Uint8Array | null>;

  /** Explicit runs of which there is a claim or a fact, the one with the newest activity first. */
  listRuns(filter: RunFilter): Promise<readonly RunRow[]>;
  listClaims(filter: ClaimFilter): Promise<readonly ClaimRecord[]>;

  /** Resolves with the record once it has left `intent`, or as it is after `timeoutMs`. */
  wait(id: string, timeoutMs: number): Promise<ClaimRecord | null>;
  /**
   * Housekeeping: effects whose lease ran out become `in-doubt`, what is past its age goes, tombstones later.
   * The facts of a subject leave together once the newest is past its age; of `toldKinds` each by its own.
   */
  sweep(): Promise<{ readonly doubted: number; readonly expired: number }>;
  health(): Promise<LedgerHealth>;
  /**
   * Ends a loss, audited: what is absent counts as never recorded. Gives it, or null where there is none.
   * A store that cannot tell that it was put back has no such method.
   */
  confirm?(by: Confirmation): Promise<Loss | null>;
  close(): Promise<void>;
}

/** Bytes of one blob at most; longer bodies are several. */
export const blobBytesMax = 256 * 1024;

/** Bytes by which sealing may lengthen a blob. */
export const sealBytesMax = 64;
