import { randomUUID } from "node:crypto";
import type { ClaimRequest } from "../../../src/ledger/ledger.ts";
import type { ClaimAsk } from "../../../src/ledger/postgres/claims.ts";
import { effect } from "../../conformance/ledger/requests.ts";

/** A claim as it reaches the store. */
export function claimAsk(change: Partial<ClaimRequest> = {}): ClaimAsk {
  const request = effect(change);
  const [id, nonce, detail] = [randomUUID(), randomUUID(), JSON.stringify(request.detail)];
  return { ...request, id, nonce, detail, reached: 0 };
}
