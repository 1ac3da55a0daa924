import type { Ask } from "../../../src/ledger/sqlite/batch.ts";
import type { ClaimAsk } from "../../../src/ledger/sqlite/claims.ts";
import type { Question, VerbName } from "../../../src/ledger/sqlite/verbs.ts";
import type { ClaimRequest } from "../../../src/ledger/ledger.ts";
import { effect } from "../../conformance/ledger/requests.ts";

let count = 0;

/** A claim as the worker gets it, with an id and a nonce of its own. */
export function claimAsk(change: Partial<ClaimRequest> = {}): ClaimAsk {
  count += 1;
  const request = effect(change);
  return { ...request, id: `id ${count}`, nonce: `nonce ${count}`, detail: JSON.stringify(request.detail) };
}

/** A question as it waits in a batch. */
export function ask<Name extends VerbName>(verb: Name, question: Question<Name>, nowMs = 1000): Ask {
  count += 1;
  return { seq: count, verb, question, nowMs };
}
