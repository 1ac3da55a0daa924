import { sha256Hex } from "../../text/hash.ts";
import { joinedAnswer } from "../joined-answer.ts";
import type { ModelCall } from "../model-call.ts";
import type { UpstreamAnswer } from "../upstream.ts";
import { headerOf } from "../upstream-headers.ts";
import { isSuccess } from "../whole-answer.ts";
import { partialHeader } from "./partial-note.ts";
import { type Making, makingId } from "./turn-pieces.ts";
import { cutStreamOf, turnSoFar } from "./turn-so-far.ts";

/** Statuses by which a provider says that it takes no words of the model's before its answer. */
const refusals: ReadonlySet<number> = new Set([400, 422]);

/** How many makings of a turn are looked at, of which nothing came because the provider was busy. */
const makingsMax = 8;

/**
 * The answer of a model that goes on behind what there is of an earlier making of the turn, joined to it.
 * Where that is not configured, there is nothing to go on behind, or the model does not, `askAnew` asks for
 * an answer.
 */
export async function goOnBehind(
  call: ModelCall,
  before: Making,
  askAnew: () => Promise<UpstreamAnswer>,
): Promise<UpstreamAnswer> {
  const { engine, protocol, ready, at, route, client } = call;
  const { forms } = protocol;
  if (engine.settings.turns.onPartial !== "continue" || forms.goOn === undefined) return askAnew();
  const model = sha256Hex(at.caller.tenant, route.target.name, protocol.name, ready.shown.model);
  if (engine.prefixRefusals.refuses(model)) return askAnew();
  const found = await lastSaid(call, before);
  const going = found === null ? null : forms.goOn(ready.prompt, found.stream);
  const answer = going === null ? null : await call.sendForStream(going.body);
  if (found === null || going === null || answer === null) return askAnew();
  if (isStream(answer)) {
    const { making } = found;
    client.notes.set(partialHeader, makingId(making));
    engine.log.info("the model goes on behind the part of a turn that broke off", {
      exchange: at.id,
      turn: making.id,
    });
    return joinedAnswer(answer, going.join(), engine.settings.limits.frameBytesMax);
  }
  if (!isSuccess(answer.status) && !refusals.has(answer.status)) return answer;
  answer.discard();
  const anew = await askAnew();
  // It was the words before the answer, and nothing else.
  if (isSuccess(anew.status)) engine.prefixRefusals.refused(model);
  return anew;
}

/** What the model said the last time that it answered at all. */
async function lastSaid(
  { engine }: ModelCall,
  before: Making,
): Promise<{ readonly making: Making; readonly stream: string } | null> {
  const { ledger, settings } = engine;
  const last = Math.max(1, before.epoch - makingsMax + 1);
  for (let epoch = before.epoch; epoch >= last; epoch--) {
    const making = { ...before, epoch };
    const soFar = await turnSoFar(ledger, making, settings.limits.answerBytesMax);
    const stream = soFar === null ? null : cutStreamOf(soFar);
    // A turn behind one that the client does not see goes on behind that one as well.
    if (stream !== null) return soFar?.isFirstTurn === true ? { making, stream } : null;
  }
  return null;
}

function isStream({ status, headers }: UpstreamAnswer): boolean {
  const type = (headerOf(headers, "content-type") ?? "").toLowerCase();
  return isSuccess(status) && type.includes("text/event-stream");
}
