import type { ClaimFilter, Confirmation, FactPage, Fence, RunFilter, Settlement } from "../ledger.ts";
import { get, put, putAll, type BlobAsk, type NamedBlob } from "./blobs.ts";
import { claim, type ClaimAsk } from "./claims.ts";
import { append, factsOf, type FactAsk } from "./facts.ts";
import { confirm, requireConfirmed } from "./generation.ts";
import { health } from "./health.ts";
import { renew, type Renewal } from "./leases.ts";
import { listClaims, listRuns } from "./lists.ts";
import { recordById } from "./records.ts";
import { endRunning, markDelivered, settle } from "./settling.ts";
import { shortClaimed, type ShortSettled } from "./short.ts";
import type { Store } from "./store.ts";
import { sweep } from "./sweep.ts";

/** What the worker can be asked. A verb that writes runs inside a transaction. */
interface Verb<Asked, Told> {
  readonly writes: boolean;
  readonly run: (store: Store, question: Asked, nowMs: number) => Told;
}

function writing<Asked, Told>(run: Verb<Asked, Told>["run"]): Verb<Asked, Told> {
  return { writes: true, run };
}

function reading<Asked, Told>(run: Verb<Asked, Told>["run"]): Verb<Asked, Told> {
  return { writes: false, run };
}

interface SettleAsk {
  /** True where whoever asks has the record, and need only be told how it ended. */
  readonly isKnown: boolean;
  readonly fence: Fence;
  readonly settlement: Settlement;
}
interface FactsAsk {
  readonly tenant: string;
  readonly subject: string;
  readonly kind: string | undefined;
  readonly page?: FactPage | undefined;
}

export const verbs = {
  claim: writing((store, ask: ClaimAsk, nowMs) => {
    requireConfirmed(store);
    return shortClaimed(ask, claim(store, ask, nowMs));
  }),
  renew: writing((store, asks: readonly Renewal[], nowMs) => renew(store, asks, nowMs)),
  settle: writing((store, { fence, settlement, isKnown }: SettleAsk, nowMs): ShortSettled => {
    const ended = isKnown ? endRunning(store, fence, settlement, nowMs) : null;
    return ended === null ? settle(store, fence, settlement, nowMs) : { ended };
  }),
  markDelivered: writing((store, ids: readonly string[]) => markDelivered(store, ids)),
  append: writing((store, facts: readonly FactAsk[], nowMs) => {
    requireConfirmed(store);
    store.room.require();
    return append(store, facts, nowMs);
  }),
  put: writing((store, ask: BlobAsk, nowMs) => put(store, ask, nowMs)),
  putAll: writing((store, blobs: readonly NamedBlob[], nowMs) => putAll(store, blobs, nowMs)),
  sweep: writing((store, _none: null, nowMs) => {
    store.generation?.sync();
    return sweep(store, nowMs);
  }),
  confirm: writing((store, by: Confirmation, nowMs) => confirm(store, by, nowMs)),
  // Not a write of its own, so that asking how the ledger is never waits for a flush.
  health: reading((store, _none: null, nowMs) => health(store, nowMs)),
  read: reading((store, id: string) => recordById(store.connection, id)),
  facts: reading((store, ask: FactsAsk) => factsOf(store, ask.tenant, ask.subject, ask.kind, ask.page)),
  get: reading((store, ask: { readonly tenant: string; readonly hash: string }) =>
    get(store, ask.tenant, ask.hash),
  ),
  listRuns: reading((store, filter: RunFilter) => listRuns(store, filter)),
  listClaims: reading((store, filter: ClaimFilter) => listClaims(store, filter)),
};

export type VerbName = keyof typeof verbs;
export type Question<Name extends VerbName> = Parameters<(typeof verbs)[Name]["run"]>[1];
export type Answer<Name extends VerbName> = ReturnType<(typeof verbs)[Name]["run"]>;

/** Calls a verb whose question came from the other thread, where its type was checked. */
export function runVerb(store: Store, name: VerbName, question: unknown, nowMs: number): unknown {
  const run = verbs[name].run as (store: Store, question: unknown, nowMs: number) => unknown;
  return run(store, question, nowMs);
}
