import { LongstopError } from "../../exchange/error.ts";
import type { Prompt } from "../../exchange/prompt.ts";
import type { TurnForms } from "../../protocols/turn-forms.ts";
import type { AnswerTarget } from "../answer-target.ts";
import type { Engine } from "../engine.ts";
import type { Inbound } from "../inbound.ts";
import type { RunningTurn, TurnPlace } from "./running-turn.ts";
import type { Wanted } from "./turn-reader.ts";

/** A request for a turn, as far as it is known whether somebody asked for it before. */
export interface TurnRequest {
  readonly engine: Engine;
  readonly inbound: Inbound;
  readonly prompt: Prompt;
  readonly forms: TurnForms;
  readonly place: TurnPlace;
  /** True where the client itself says that it asked before. */
  readonly saysRetry: boolean;
}

/**
 * Serves a request for a turn: by the turn that an earlier client asked for and did not get, where there is
 * evidence that this is its retry, or by a new one (`make`), which goes on for a while where its client is
 * gone.
 */
export async function serveTurn(
  request: TurnRequest,
  make: (client: AnswerTarget) => Promise<void>,
): Promise<void> {
  const { engine, inbound, place, saysRetry } = request;
  const { runningTurns, settings } = engine;
  const met = await runningTurns.meet(place.key, saysRetry);
  if (met !== null && settings.turns.mode === "enforce") {
    if (await attach(request, met)) return;
  } else if (met !== null) {
    engine.log.info("would have got the turn of an earlier request", { exchange: inbound.id });
  }
  const turn = runningTurns.begin(place, settings.turns);
  const reading = turn.read(inbound, wantedBy(request), false);
  const making = turn.make(() => make(turn.output));
  // The exchange lasts as long as the work on it, also where its client is gone.
  const [waited] = await Promise.allSettled([reading, making]);
  if (waited.status === "rejected") throw waited.reason;
  if (waited.value === "other-form") throw otherForm();
}

/** False where the answer cannot be written as this client wants it: it asks for one of its own then. */
async function attach(request: TurnRequest, turn: RunningTurn): Promise<boolean> {
  const { engine, inbound } = request;
  engine.log.info("attached to the turn of an earlier request", { exchange: inbound.id });
  inbound.timing.dispatched();
  return (await turn.read(inbound, wantedBy(request), true)) !== "other-form";
}

function wantedBy({ prompt, forms }: TurnRequest): Wanted {
  return { form: prompt.stream ? "stream" : "whole", prompt, forms };
}

/** The upstream answered in another form than asked, with something that has no place in that one. */
function otherForm(): LongstopError {
  return new LongstopError(
    "upstream_unreadable",
    "The upstream's answer came in another form than it was asked for, and cannot be told in that one.",
  );
}
