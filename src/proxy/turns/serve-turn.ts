import type { Caller } from "../../exchange/exchange.ts";
import type { Prompt } from "../../exchange/prompt.ts";
import type { Claimed, ClaimRecord } from "../../ledger/ledger.ts";
import type { TurnForms } from "../../protocols/turn-forms.ts";
import { sha256Hex } from "../../text/hash.ts";
import type { AnswerTarget } from "../answer-target.ts";
import type { Engine } from "../engine.ts";
import type { Inbound } from "../inbound.ts";
import { asksAnew } from "./asks-anew.ts";
import { claimTurn, conflict, turnClientKey, turnLeaseMs } from "./claim-turn.ts";
import type { RunningTurn, TurnPlace } from "./running-turn.ts";
import type { TurnOutput } from "./turn-output.ts";
import { TurnReader, type Wanted } from "./turn-reader.ts";
import { makingOf, TurnRecord } from "./turn-record.ts";
import { follow, lostTurn, recordedForm, replayOf, TurnLost } from "./turn-replay.ts";

/** A request for a turn, as far as it is known whether somebody asked for it before. */
export interface TurnRequest {
  readonly engine: Engine;
  readonly inbound: Inbound;
  readonly caller: Caller;
  /** The name of the upstream. */
  readonly target: string;
  readonly prompt: Prompt;
  readonly forms: TurnForms;
  readonly place: TurnPlace;
  /** As `TurnOutput` has it: null where posts judge answers, and see to it that they are whole. */
  readonly isWhole: TurnOutput["isWhole"];
  /** True where the client itself says that it asked before. */
  readonly saysRetry: boolean;
  /** The client's own name for the turn, or null. */
  readonly clientKey: string | null;
}

type RetryMarks = "saysRetry" | "clientKey";

type Make = (client: AnswerTarget) => Promise<void>;

/**
 * Serves a request for a turn: by the turn that an earlier client asked for and did not get, where there is
 * evidence that this is its retry, or by a new one (`make`), which goes on for a while where its client is
 * gone. In a run with an id turns are recorded, and what an earlier attempt was answered is answered again.
 */
export async function serveTurn(asked: Omit<TurnRequest, RetryMarks>, make: Make): Promise<void> {
  const { engine, inbound } = asked;
  const { headers } = inbound.incoming;
  const isAnew = asksAnew(headers);
  // Under a key that nobody else has it meets nothing, and nothing meets it.
  const place = isAnew ? { ...asked.place, key: sha256Hex(asked.place.key, inbound.id) } : asked.place;
  // The SDKs of OpenAI and Anthropic count their retries of a request.
  const saysRetry = Number(headers["x-stainless-retry-count"] ?? 0) > 0;
  const clientKey = place.explicit && !isAnew ? turnClientKey(headers) : null;
  const request: TurnRequest = { ...asked, place, saysRetry, clientKey };
  const { mode } = engine.settings.turns;
  if (place.explicit && mode === "enforce") return serveRecorded(request, make);
  const met = await engine.runningTurns.meet(place, saysRetry);
  if (met !== null && mode !== "enforce") {
    met.taken = false;
    const of = met.place.exchange;
    engine.log.info("would have got the turn of an earlier request", { exchange: inbound.id, of });
  } else if (met !== null && (await attach(request, met))) return;
  await makeTurn(request, place, make);
}

async function serveRecorded(request: TurnRequest, make: Make): Promise<void> {
  const { engine, caller, place } = request;
  // The retry of a client that is gone is for that client's turn, whichever else were begun since.
  const orphan = request.clientKey === null ? await engine.runningTurns.meetOrphan(place) : null;
  if (orphan !== null) {
    const { record } = orphan.place;
    const handed = record === undefined ? null : engine.runningTurns.hand(record, caller.run.attempt);
    const isAnswered = await attach(request, orphan).finally(handed);
    if (isAnswered) return;
  }
  for (;;) {
    const claimed = await claimTurn(request);
    if (claimed === null) return makeTurn(request, place, make);
    try {
      if (await serveClaimed(request, claimed, make)) return;
    } finally {
      claimed.handed();
    }
  }
}

/** False where whoever made the turn did not come to its end, and it is to be claimed anew. */
async function serveClaimed(request: TurnRequest, claimed: Claimed, make: Make): Promise<boolean> {
  const { inbound, place } = request;
  if (claimed.kind === "conflict") throw conflict();
  const { record } = claimed;
  if (claimed.kind === "won") {
    await makeTurn(request, { ...place, record: makingOf(record) }, make, record);
    return true;
  }
  try {
    if (await meet(request, record)) return true;
  } catch (thrown) {
    if (!(thrown instanceof TurnLost)) throw thrown;
    // Whoever has a part of it must not get the rest from another generation.
    if (inbound.started) throw lostTurn(thrown);
    return false;
  }
  // What is no longer kept, or has no place in the form that is asked for, is made anew for this client.
  await makeTurn(request, place, make);
  return true;
}

/** Answers with the turn of another request. False where that cannot be. */
async function meet(request: TurnRequest, record: ClaimRecord): Promise<boolean> {
  const { engine, inbound } = request;
  const running = engine.runningTurns.ofRecord(makingOf(record));
  if (running !== null && running.output.failure === null) return attach(request, running);
  if (record.state === "intent") {
    const turn = engine.runningTurns.begin(
      { ...request.place, record: makingOf(record), form: recordedForm(record.detail) },
      { ...engine.settings.turns, graceMs: 0, streamGraceMs: 0 },
    );
    void turn.make(() => follow(engine, record, turn.output));
    const isAnswered = await attach(request, turn);
    // Whoever makes it knows nothing of this client.
    if (isAnswered && !inbound.left) await delivered(engine, record.id);
    return isAnswered;
  }
  const output = await replayOf(engine.ledger, record, engine.clock.now());
  if (output === null) return false;
  engine.log.info("answered with a recorded turn", { exchange: inbound.id, turn: record.id });
  inbound.timing.dispatched();
  const reader = new TurnReader(output, inbound, wantedBy(request), true);
  reader.more();
  const waited = await reader.done;
  if (waited === "answered") await delivered(engine, record.id);
  return waited !== "other-form";
}

/** False where the answer cannot be written as this client wants it: it asks for one of its own then. */
async function attach(request: TurnRequest, turn: RunningTurn): Promise<boolean> {
  const { engine, inbound } = request;
  const of = turn.place.exchange;
  engine.log.info("attached to the turn of an earlier request", { exchange: inbound.id, of });
  inbound.timing.dispatched();
  return (await turn.read(inbound, wantedBy(request), true)) !== "other-form";
}

async function delivered({ ledger, log }: Engine, turn: string): Promise<void> {
  try {
    await ledger.markDelivered(turn);
  } catch (cause) {
    // The worst that follows is that an equal request is taken for a retry.
    log.warn("delivery not recorded", { turn, cause });
  }
}

async function makeTurn(
  request: TurnRequest,
  place: TurnPlace,
  make: Make,
  record: ClaimRecord | null = null,
): Promise<void> {
  const { engine, inbound } = request;
  const turn = engine.runningTurns.begin(place, engine.settings.turns);
  turn.output.isWhole = request.isWhole;
  // Whoever comes for it later is told so, too.
  if (record === null && place.explicit && engine.settings.turns.mode === "enforce") {
    turn.output.noteUnrecorded();
  }
  if (record !== null) {
    const { ledger, log, clock, runningTurns } = engine;
    const paceMs = (): number => paceFor(runningTurns.recorded);
    turn.record = new TurnRecord({ ledger, log, clock, paceMs, leaseMs: turnLeaseMs }, record, turn.output);
    turn.output.recorder = turn.record;
  }
  const reading = turn.read(inbound, wantedBy(request), false);
  const making = turn.make(() => make(turn.output));
  // The exchange lasts as long as the work on it, also where its client is gone.
  const [waited] = await Promise.allSettled([reading, making]);
  if (waited.status === "rejected") throw waited.reason;
}

/** At most ten pieces a second of one turn, and a thousand of all together. */
function paceFor(turns: number): number {
  return Math.max(100, turns);
}

function wantedBy({ place: { form }, prompt, forms }: TurnRequest): Wanted {
  return { form, prompt, forms };
}
