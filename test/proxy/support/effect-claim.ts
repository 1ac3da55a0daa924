import { sha256Hex } from "../../../src/text/hash.ts";
import type { ClaimRequest } from "../../../src/ledger/ledger.ts";

/** A claim for one effect of the run `r1`; `change` says what is different. */
export function effectClaim(change: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    tenant: "local",
    kind: "effect",
    key: sha256Hex("key"),
    occurrence: "next",
    reuse: { running: false, undelivered: false, deliveredWithinMs: 0 },
    run: "r1",
    stage: null,
    attempt: null,
    fingerprint: sha256Hex("payload"),
    clientKey: null,
    clientKeyScope: "tool payments",
    detail: {},
    owner: "gateway-1",
    leaseMs: 30_000,
    ...change,
  };
}
