import { inAttempt, namesNoAttempt } from "../attempts/detected-attempts.ts";
import type { TurnRequest } from "./serve-turn.ts";

/** The attempt that a request belongs to where it begins none. */
export async function attemptSoFar({ engine, caller }: TurnRequest): Promise<string | null> {
  if (engine.settings.turns.detectedAttempts !== "enforce" || !namesNoAttempt(caller)) {
    return caller.run.attempt;
  }
  try {
    return (await engine.detectedAttempts.stateOf(caller))?.attempt ?? null;
  } catch (cause) {
    // The claim meets the same ledger, and says what follows.
    engine.log.debug("the attempts of a run cannot be read", { run: caller.run.id, cause });
    return null;
  }
}

/** The request in the attempt that it belongs to or begins: a retry begins none. */
export async function inItsAttempt(request: TurnRequest, soFar: string | null): Promise<TurnRequest> {
  const { engine, inbound, caller, place, saysRetry } = request;
  const { detectedAttempts } = engine.settings.turns;
  if (detectedAttempts === "off" || !namesNoAttempt(caller)) return request;
  let attempt = soFar;
  if (!saysRetry) {
    try {
      const begins = detectedAttempts === "enforce";
      attempt = (await engine.detectedAttempts.ofTurn(caller, place.key, inbound.id, begins)).attempt;
    } catch (cause) {
      engine.log.debug("the attempts of a run cannot be read", { run: caller.run.id, cause });
    }
  }
  if (attempt === null) return request;
  inbound.attempt = attempt;
  return { ...request, caller: inAttempt(caller, attempt), place: { ...place, attempt } };
}
