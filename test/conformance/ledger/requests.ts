import type { ClaimRecord, ClaimRequest, Ledger, RecordedAnswer, Reuse } from "../../../src/ledger/ledger.ts";

/** A store on trial: an empty ledger, with its clock and its owner's life in the test's hands. */
export interface LedgerUnderTest {
  /**
   * True where one gateway at a time owns the store, so that the next one knows that the last one is dead.
   * Where several share it, what one left running ends with its lease.
   */
  readonly soleOwner: boolean;
  /** The gateway's ledger; another one after `restart`. */
  readonly ledger: Ledger;
  /** Lets the store's clock go on. */
  advance(ms: number): Promise<void>;
  /** The gateway ends without farewell, and the next one opens the same store. */
  restart(): Promise<void>;
  /** A second process beside the gateway, as the operator's command line is. */
  beside(): Promise<Ledger>;
  close(): Promise<void>;
}
export type OpenLedger = () => Promise<LedgerUnderTest>;

export const noReuse: Reuse = { running: false, undelivered: false, deliveredWithinMs: 0 };

/** An effect of attempt `a` of run `r`, the next of its kind; `change` says what is different. */
export function effect(change: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    tenant: "local",
    kind: "effect",
    key: "pay",
    occurrence: "next",
    reuse: noReuse,
    run: "r",
    stage: null,
    attempt: "a",
    fingerprint: "payload",
    clientKey: null,
    clientKeyScope: "",
    detail: { target: "bank", method: "POST" },
    owner: "gateway",
    leaseMs: 60_000,
    ...change,
  };
}

export const whole: RecordedAnswer = {
  status: 200,
  headers: [["content-type", "application/json"]],
  body: [],
  extent: "whole",
};
export const cut: RecordedAnswer = { ...whole, extent: "cut" };

/** Claims, and insists on having won. */
export async function win(ledger: Ledger, change: Partial<ClaimRequest> = {}): Promise<ClaimRecord> {
  const claimed = await ledger.claim(effect(change));
  if (claimed.kind !== "won") throw new Error(`the claim was ${claimed.kind}, not won`);
  return claimed.record;
}
