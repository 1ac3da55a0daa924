import type { IncomingHttpHeaders } from "node:http";
import { LongstopError } from "../../exchange/error.ts";
import type { Claimed, ClaimRequest } from "../../ledger/ledger.ts";
import { clientKeyOf } from "../effects/operation-key.ts";
import type { TurnRequest } from "./serve-turn.ts";

/** How long after its answer was handed over a request that says so is taken for its retry, ms. */
const retryWindowMs = 300_000;
/** A claim not heard of for so long is free again, ms. */
export const turnLeaseMs = 15_000;

/** The record that a request of an explicit run asks for; null where the ledger cannot say. */
export async function claimTurn(request: TurnRequest): Promise<Claimed | null> {
  const { engine, inbound } = request;
  try {
    const asked = askOf(request);
    const claimed = await engine.ledger.claim(asked);
    if (!isBeingDelivered(request, claimed)) return claimed;
    return await engine.ledger.claim({ ...asked, reuse: { ...asked.reuse, undelivered: false } });
  } catch (cause) {
    // A turn has no consequence outside: it passes, and says that nobody will remember it.
    engine.log.warn("a turn is not recorded", { exchange: inbound.id, cause });
    return null;
  }
}

/** The client's own name for the turn, or null. Throws `request_malformed` where it cannot be one. */
export function turnClientKey(headers: IncomingHttpHeaders): string | null {
  return clientKeyOf(headers, "Idempotency-Key");
}

export function conflict(): LongstopError {
  return new LongstopError("key_reused", "This idempotency key was used before with another request.", {
    status: 400,
  });
}

function askOf(request: TurnRequest): ClaimRequest {
  const { engine, inbound, caller, target, protocol, prompt, place, saysRetry, clientKey } = request;
  const { tenant, run } = caller;
  return {
    tenant,
    kind: "turn",
    key: place.key,
    occurrence: "next",
    reuse: {
      running: saysRetry,
      undelivered: true,
      deliveredWithinMs: saysRetry ? retryWindowMs : 0,
    },
    run: run.id,
    stage: run.stage,
    attempt: run.attempt,
    fingerprint: place.key,
    clientKey,
    clientKeyScope: `llm ${target}`,
    detail: { target, protocol: protocol.name, model: prompt.model, exchange: inbound.id, form: place.form },
    owner: engine.owner,
    leaseMs: turnLeaseMs,
    keptForMs: engine.settings.turns.replayMs,
  };
}

/** It met an answer that is on its way to a client that is still there: that is no evidence of a retry. */
function isBeingDelivered({ engine, saysRetry }: TurnRequest, { kind, record }: Claimed): boolean {
  if (kind !== "met" || saysRetry || record.state !== "done" || record.delivered) return false;
  const turn = engine.runningTurns.ofRecord(record.id);
  return turn !== null && (turn.readers > 0 || turn.delivered);
}
