import type { Claimed } from "../../ledger/ledger.ts";
import { type AttemptState, inAttempt, namesNoAttempt } from "../attempts/detected-attempts.ts";
import type { TurnRequest } from "./serve-turn.ts";

/** Where the run of a request stands; null: its attempts are not looked for, or it has none yet. */
export async function attemptSoFar({ engine, caller }: TurnRequest): Promise<AttemptState | null> {
  if (engine.settings.turns.detectedAttempts !== "enforce" || !namesNoAttempt(caller)) return null;
  try {
    return await engine.detectedAttempts.stateOf(caller);
  } catch (cause) {
    // The claim meets the same ledger, and says what follows.
    engine.log.debug("the attempts of a run cannot be read", { run: caller.run.id, cause });
    return null;
  }
}

/** The request as one of an attempt that was found; null: it stays as it is. */
export function inAttemptOf(request: TurnRequest, attempt: string | null): TurnRequest {
  const { caller, place, inbound } = request;
  if (attempt === null) return request;
  inbound.attempt = attempt;
  const found = inAttempt(caller, attempt);
  const { origin } = place;
  const of = origin === undefined ? {} : { origin: { ...origin, caller: found } };
  return { ...request, caller: found, place: { ...place, attempt, ...of } };
}

/** The request in the attempt that it begins, or else in the one so far: a retry begins none. */
export async function inItsAttempt(asked: TurnRequest, soFar: AttemptState | null): Promise<TurnRequest> {
  const { engine, inbound, caller, place, saysRetry } = asked;
  const isLookedFor = engine.settings.turns.detectedAttempts === "enforce";
  const stays = saysRetry || (soFar !== null && soFar.first !== place.key);
  if (!isLookedFor || stays || !namesNoAttempt(caller)) return inAttemptOf(asked, soFar?.attempt ?? null);
  try {
    const { attempt } = await engine.detectedAttempts.ofTurn(caller, place.key, inbound.id);
    return inAttemptOf(asked, attempt);
  } catch (cause) {
    engine.log.debug("the attempts of a run cannot be read", { run: caller.run.id, cause });
    return inAttemptOf(asked, soFar?.attempt ?? null);
  }
}

/** Has it told where a new sample of a turn would have begun an attempt, if that is to be told. */
export function tellOfAttempt({ engine, inbound, caller, place }: TurnRequest, claimed: Claimed): void {
  // Whatever no equal one went before is no run's first turn once more.
  const isSample = claimed.kind === "won" && claimed.newest !== null;
  if (!isSample || engine.settings.turns.detectedAttempts !== "report" || !namesNoAttempt(caller)) return;
  void engine.detectedAttempts.tell(caller, place.key, inbound.id);
}
