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

/** The request as one of an attempt. */
export function inAttemptOf(request: TurnRequest, attempt: string | null): TurnRequest {
  const { caller, place, inbound } = request;
  if (attempt === caller.run.attempt) return request;
  inbound.attempt = attempt;
  const found = inAttempt(caller, attempt);
  const { origin } = place;
  const of = origin === undefined ? {} : { origin: { ...origin, caller: found } };
  return { ...request, caller: found, place: { ...place, attempt, ...of } };
}

/** The request in the attempt that it begins, or else in the one so far: a retry begins none. */
export async function inItsAttempt(asked: TurnRequest, soFar: TurnRequest): Promise<TurnRequest> {
  const { engine, inbound, caller, place, saysRetry } = asked;
  const { detectedAttempts } = engine.settings.turns;
  if (detectedAttempts === "off" || saysRetry || !namesNoAttempt(caller)) return soFar;
  const begins = detectedAttempts === "enforce";
  const finding = engine.detectedAttempts
    .ofTurn(caller, place.key, inbound.id, begins)
    .catch((cause: unknown) => {
      engine.log.debug("the attempts of a run cannot be read", { run: caller.run.id, cause });
      return null;
    });
  // Where it is only told of, nobody waits for it.
  const found = begins ? await finding : null;
  return found === null ? soFar : inAttemptOf(asked, found.attempt);
}
