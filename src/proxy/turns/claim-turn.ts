import type { IncomingHttpHeaders } from "node:http";
import { LongstopError } from "../../exchange/error.ts";
import type { Claimed, ClaimRequest, Ledger } from "../../ledger/ledger.ts";
import { clientKeyOf } from "../effects/operation-key.ts";
import { failpoint } from "../failpoint.ts";
import type { TurnRequest } from "./serve-turn.ts";

/** How long after its answer was handed over a request that says so is taken for its retry, ms. */
const retryWindowMs = 300_000;
/** A claim not heard of for so long is free again, ms: its gateway is dead, and another one waits for it. */
const sharedLeaseMs = 15_000;
/** The same where nobody waits for it, because who opens the ledger next frees what a dead gateway had. */
const ownLeaseMs = 60_000;

/** How long a turn's claim is held without being renewed, ms. */
export function turnLeaseMs({ hasOneOwner }: Pick<Ledger, "hasOneOwner">): number {
  return hasOneOwner === true ? ownLeaseMs : sharedLeaseMs;
}

/** What answers for a request. `handed` is to be called once its client has the answer, or is gone. */
export type TurnClaim = Claimed & { readonly handed: () => void };

/** The record that a request of an explicit run asks for; null where the ledger cannot say. */
export async function claimTurn(request: TurnRequest): Promise<TurnClaim | null> {
  const { engine, inbound } = request;
  try {
    const asked = askOf(request);
    const sinceMs = performance.now();
    const claimed = await engine.ledger.claim(asked);
    await failpoint("turn-claimed");
    if (!isBeingDelivered(request, claimed, sinceMs)) return handing(request, claimed);
    const reuse = { ...asked.reuse, undelivered: false };
    return handing(request, await engine.ledger.claim({ ...asked, reuse }));
  } catch (cause) {
    // A turn has no consequence outside: it passes, and says that nobody will remember it.
    engine.log.warn("a turn is not recorded", { exchange: inbound.id, cause });
    return null;
  }
}

function handing({ engine, caller }: TurnRequest, claimed: Claimed): TurnClaim {
  return { ...claimed, handed: engine.runningTurns.hand(claimed.record, caller.run.attempt) };
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
    leaseMs: turnLeaseMs(engine.ledger),
    keptForMs: engine.settings.turns.replayMs,
  };
}

/**
 * It met an answer that is on its way to a client of the same attempt that is still there: that is no
 * evidence of a retry. What another attempt is handed says nothing of this one.
 */
function isBeingDelivered(
  { engine, caller, saysRetry }: TurnRequest,
  { kind, record }: Claimed,
  sinceMs: number,
): boolean {
  if (kind !== "met" || saysRetry || record.state !== "done" || record.delivered) return false;
  return engine.runningTurns.wasHanded(record, caller.run.attempt, sinceMs);
}
