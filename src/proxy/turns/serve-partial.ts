import type { Prompt } from "../../exchange/prompt.ts";
import type { Turn } from "../../exchange/turn.ts";
import { decideTurn } from "../decide-turn.ts";
import { interventionsHeader, interventionsLine } from "../interventions.ts";
import type { ModelCall } from "../model-call.ts";
import { differs, shownCalls } from "../whole-answer.ts";
import { partialHeader } from "./partial-note.ts";
import type { AskedForm } from "./answer-form.ts";
import { type Making, makingId } from "./turn-pieces.ts";
import { cutStreamOf, turnSoFar } from "./turn-so-far.ts";

/**
 * Answers with what there is of a making of the turn that was cut, its calls judged like those of any answer.
 * False where that is not configured, there is nothing to answer with, or its calls are not to be released:
 * then the model is asked.
 */
export async function servePartial(
  call: ModelCall,
  making: Making,
  form: AskedForm,
  prompt: Prompt,
): Promise<boolean> {
  const { engine, protocol, ready, at, client } = call;
  if (engine.settings.turns.onPartial !== "replay-partial") return false;
  const soFar = await turnSoFar(engine.ledger, making, engine.settings.limits.answerBytesMax);
  const stream = soFar === null ? null : cutStreamOf(soFar);
  const text = stream === null ? null : protocol.forms.cutShort(stream);
  if (text === null || form === "list") return false;
  const read = protocol.readAnswer(text);
  const answer = { ...read, turn: untruncated(read.turn) };
  const decision = await decideTurn(engine, answer.turn, ready, at);
  call.decided(decision);
  if (decision.kind !== "release" || decision.answered.length > 0) return false;
  const { changes } = decision;
  const whole = protocol.editAnswer(answer, { changes, addOutputTokens: 0, comment: undefined });
  const body = form === "stream" ? protocol.forms.streamOf(whole, prompt) : whole;
  if (body === null) return false;
  if (differs(changes, 0)) {
    const shown = { text: answer.turn.text, calls: shownCalls(answer.turn.calls, changes) };
    await call.recordSplice(shown, protocol.assistantMessages({ kind: "whole", answer }));
  } else await call.recordDecided();
  const interventions = [...ready.interventions, ...call.interventions];
  if (interventions.length > 0) client.notes.set(interventionsHeader, interventionsLine(interventions));
  client.notes.set(partialHeader, makingId(making));
  engine.log.info("answered with the part of a turn that broke off", { exchange: at.id, turn: making.id });
  if (form !== "stream") {
    await client.sendWhole(200, ["content-type", "application/json"], body);
    return true;
  }
  client.writeHead(200, ["content-type", "text/event-stream; charset=utf-8", "cache-control", "no-cache"]);
  await client.end(Buffer.from(body));
  return true;
}

/** Of a turn that the token limit ended the last call counts as cut. Here all that is left is whole. */
function untruncated(turn: Turn): Turn {
  return { ...turn, calls: turn.calls.map((one) => ({ ...one, truncated: false })) };
}
