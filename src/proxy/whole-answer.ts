import { isUtf8 } from "node:buffer";
import { LongstopError } from "../exchange/error.ts";
import type { CallChange, CallOutcome, TurnCall } from "../exchange/turn.ts";
import type { Answer } from "../protocols/protocol.ts";
import { wholeAnswerBody } from "./answer-body.ts";
import { cutText, decideTurn, type TurnDecision } from "./decide-turn.ts";
import { interventionsHeader, interventionsLine } from "./interventions.ts";
import type { ModelCall } from "./model-call.ts";
import { passAnswer } from "./pass-through.ts";
import { Repair } from "./repair.ts";
import type { UpstreamAnswer } from "./upstream.ts";
import { answerHeaders } from "./upstream-headers.ts";

/** Serves an answer that is one JSON document: judged whole, released whole or asked again. */
export async function serveWhole(call: ModelCall, first: UpstreamAnswer): Promise<void> {
  const { protocol, engine, at, ready, client } = call;
  const repair = new Repair(protocol, ready, engine.settings.repairAttemptsMax, () => call.hasTimeToAsk);
  let upstream = first;
  for (;;) {
    const reading = wholeAnswerBody(upstream, call.route.target, engine.settings.limits.answerBytesMax);
    const bytes = textAnswer(reading instanceof Promise ? await reading : reading, call);
    const answer = protocol.readAnswer(bytes.toString("utf8"));
    call.used(() => answer.turn);
    const decision = await decideTurn(engine, answer.turn, ready, at);
    call.decided(decision);
    if (decision.kind === "release") return release(call, { upstream, bytes, answer }, decision, repair);
    await call.recordDecided();

    const record = { kind: "whole", answer } as const;
    const next =
      decision.kind === "ask-on"
        ? repair.askOn(decision.outcomes, answer.turn, record)
        : repair.askAgain(decision, answer.turn, record);
    if ("error" in next) throw next.error;
    engine.log.info("asked the model again", { exchange: at.id, repairs: repair.attempts });
    upstream = await call.send(next.body);
    if (!isSuccess(upstream.status)) {
      noteInterventions(call, repair);
      return passAnswer(client, upstream);
    }
  }
}

/** An answer as it came, and as it was read. */
interface Received {
  readonly upstream: UpstreamAnswer;
  readonly bytes: Buffer;
  readonly answer: Answer;
}

async function release(
  call: ModelCall,
  { upstream, bytes, answer }: Received,
  decision: Extract<TurnDecision, { kind: "release" }>,
  repair: Repair,
): Promise<void> {
  const { protocol, client } = call;
  const { changes, answered } = decision;
  const text = protocol.editAnswer(answer, {
    changes,
    addOutputTokens: repair.hiddenOutputTokens,
    comment: undefined,
  });
  const truth = [...repair.truth];
  if (truth.length > 0 || differs(changes, answered.length)) {
    const outcomes = hiddenOutcomes(decision);
    truth.push(
      ...protocol.assistantMessages({ kind: "whole", answer }),
      ...protocol.resultMessages(outcomes),
    );
    const shown = { text: answer.turn.text, calls: shownCalls(answer.turn.calls, changes) };
    await call.recordSplice(shown, truth);
  } else {
    const recording = call.recordDecided();
    if (recording instanceof Promise) await recording;
  }
  if (answer.turn.kept === true) {
    await call.recordKept(answer.turn, () => protocol.assistantMessages({ kind: "whole", answer }), []);
  }
  noteInterventions(call, repair);
  await client.sendWhole(
    upstream.status,
    answerHeaders(upstream.headers, "whole"),
    text === answer.text ? bytes : text,
  );
}

/** What the model is told about the calls of a released turn that the client never sees. */
export function hiddenOutcomes({
  changes,
  answered,
}: Extract<TurnDecision, { kind: "release" }>): readonly CallOutcome[] {
  const cut = changes.filter(({ kind, call }) => kind === "drop" && call.truncated);
  return [...answered, ...cut.map(({ call }) => ({ call, text: cutText, isError: true }))];
}

/** True where the client is shown something else than the model said, and can send it back. */
export function differs(changes: readonly CallChange[], answered: number): boolean {
  return answered > 0 || changes.some(({ kind }) => kind === "rewrite");
}

/** The calls of a turn as the client gets them. */
export function shownCalls(calls: readonly TurnCall[], changes: readonly CallChange[]): readonly TurnCall[] {
  return calls.flatMap((call) => {
    const change = changes.find((one) => one.call === call);
    if (change === undefined) return [call];
    return change.kind === "drop" ? [] : [{ ...call, argumentsText: change.argumentsText }];
  });
}

/** What was done to the exchange, as a header. */
export function noteInterventions(call: ModelCall, repair: Repair): void {
  const all = [...call.ready.interventions, ...call.interventions];
  if (all.length === 0) return;
  call.client.notes.set(interventionsHeader, interventionsLine(all, { repairs: repair.attempts }));
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A whole answer, which is valid UTF-8 as all JSON is (RFC 8259 8.1). */
function textAnswer(bytes: Buffer, { route: { target } }: ModelCall): Buffer {
  if (isUtf8(bytes)) return bytes;
  throw new LongstopError(
    "upstream_unreadable",
    `The upstream ${target.name} answered with bytes that are not UTF-8.`,
  );
}
