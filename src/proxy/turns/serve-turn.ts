import type { Caller } from "../../exchange/exchange.ts";
import type { Prompt } from "../../exchange/prompt.ts";
import type { Claimed, ClaimRecord } from "../../ledger/ledger.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import type { TurnForms } from "../../protocols/turn-forms.ts";
import { sha256Hex } from "../../text/hash.ts";
import type { AnswerTarget } from "../answer-target.ts";
import type { Deadline } from "../deadlines/deadline.ts";
import type { Engine } from "../engine.ts";
import type { Inbound } from "../inbound.ts";
import { Aside } from "./aside.ts";
import { asksAnew } from "./asks-anew.ts";
import { attemptSoFar, inAttemptOf, inItsAttempt, tellOfAttempt } from "./attempt-of-turn.ts";
import { claimTurn, conflict, turnClientKey, turnLeaseMs } from "./claim-turn.ts";
import { noteDecisions } from "./decided-turn.ts";
import type { TurnContent } from "./recorded-requests.ts";
import type { RunningTurn, TurnPlace } from "./running-turn.ts";
import type { StreamAsking } from "./stream-asking.ts";
import type { AnswerForm } from "./answer-form.ts";
import type { TurnOutput } from "./turn-output.ts";
import { TurnReader, type Wanted } from "./turn-reader.ts";
import type { Making } from "./turn-pieces.ts";
import { TurnRecord } from "./turn-record.ts";
import { follow, lostTurn, recordedForm, replayOf, TurnLost } from "./turn-replay.ts";

/** A request for a turn, as far as it is known whether somebody asked for it before. */
export interface TurnRequest {
  readonly engine: Engine;
  readonly inbound: Inbound;
  readonly caller: Caller;
  /** The name of the upstream. */
  readonly target: string;
  readonly prompt: Prompt;
  readonly protocol: Protocol;
  readonly forms: TurnForms;
  /** By when its client must have heard something; null: nothing says so. */
  readonly deadline: Deadline | null;
  readonly place: TurnPlace;
  readonly content: TurnContent;
  /** How the client asks for the answer. */
  readonly form: AnswerForm;
  /** Who asks for a stream where the client asks for a whole answer, or null. */
  readonly asking: StreamAsking | null;
  /** As `TurnOutput` has it: null where posts judge answers, and see to it that they are whole. */
  readonly isWhole: TurnOutput["isWhole"];
  /** True where the client itself says that it asked before. */
  readonly saysRetry: boolean;
  /** The client's own name for the turn, or null. */
  readonly clientKey: string | null;
}

type RetryMarks = "saysRetry" | "clientKey";

/**
 * Asks the model for whom it is asked, and answers `client`. `before` is a making of the turn that broke off,
 * and with which the answer is to begin.
 */
export type Make = (client: AnswerTarget, caller: Caller, before: Making | null) => Promise<void>;

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
  const alone = { key: sha256Hex(asked.place.key, inbound.id), isAlone: true } as const;
  const place = isAnew ? { ...asked.place, ...alone } : asked.place;
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

async function serveRecorded(asked: TurnRequest, make: Make): Promise<void> {
  const { engine } = asked;
  const found = await attemptSoFar(asked);
  const soFar = inAttemptOf(asked, found?.attempt ?? null);
  // The retry of a client that is gone is for that client's turn, whichever else were begun since.
  const orphan = asked.clientKey === null ? await engine.runningTurns.meetOrphan(soFar.place) : null;
  if (orphan !== null) {
    const { record } = orphan.place;
    const { attempt } = soFar.place;
    const handed = record === undefined ? null : engine.runningTurns.hand(record, attempt);
    const isAnswered = await attach(soFar, orphan).finally(handed);
    if (isAnswered) return;
  }
  const request = await inItsAttempt(asked, found);
  const { place } = request;
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
  const { engine, inbound, place } = request;
  if (claimed.kind === "conflict") throw conflict();
  const { record } = claimed;
  if (claimed.kind === "won") {
    if (claimed.isFirstOfRun) engine.divergences.began(request.caller);
    tellOfAttempt(request, claimed);
    await makeTurn(request, { ...place, record }, make, record);
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
  const running = engine.runningTurns.ofRecord(record);
  if (running !== null && running.output.failure === null) return attach(request, running);
  if (record.state === "intent") {
    const turn = engine.runningTurns.begin(
      { ...request.place, record, form: recordedForm(record.detail) },
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
  const text = (): Promise<string> => Promise.resolve(output.recording.text());
  // On disk before its client can carry out what it decides.
  await noteDecisions(request, { turn: record.id, epoch: record.epoch, output, text })?.();
  // Whoever does not read it in time can have it again.
  const waited = await new TurnReader(output, inbound, wantedBy(request), true, () => true).read();
  if (waited === "answered") await delivered(engine, record.id);
  return waited !== "other-form";
}

/**
 * False where the answer cannot be written as this client wants it, or not be read from its beginning: it
 * asks for one of its own then.
 */
async function attach(request: TurnRequest, turn: RunningTurn): Promise<boolean> {
  const { engine, inbound } = request;
  const of = turn.place.exchange;
  engine.log.info("attached to the turn of an earlier request", { exchange: inbound.id, of });
  inbound.timing.dispatched();
  if (turn.record === null || turn.place.attempt !== request.place.attempt) noteGiven(request, turn);
  const waited = await turn.read(inbound, wantedBy(request), true);
  return waited !== "other-form" && waited !== "let-go";
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
  const note = noteGiven(request, turn);
  turn.output.isWhole = request.isWhole;
  // Whoever comes for it later is told so, too.
  if (record === null && place.explicit && engine.settings.turns.mode === "enforce") {
    turn.output.noteUnrecorded();
  }
  if (record !== null) {
    const { ledger, log, clock, runningTurns } = engine;
    const paceMs = (): number => paceFor(runningTurns.recorded);
    const decided = note === null ? {} : { decided: note };
    const { moments } = runningTurns;
    const ports = { ledger, log, clock, moments, paceMs, leaseMs: turnLeaseMs(ledger), ...decided };
    turn.record = new TurnRecord(ports, record, turn.output);
    turn.output.recorder = turn.record;
    turn.record.alongside(() => noteRequest(request, record));
    // Its calls may be executed through another gateway, which must know by then that it goes another way.
    // What was asked for before is made anew, and is no other way.
    const { caller, content } = request;
    const noted = record.epoch > 1 ? null : engine.divergences.note(caller, record, content, inbound.id);
    if (noted !== null) turn.output.holdUntil(noted);
    const { record: writing, output } = turn;
    const shownBytes = (): number => output.recording.length;
    output.aside = new Aside(() => writing.more(), shownBytes);
  }
  const reading = turn.read(inbound, wantedBy(request), false);
  const making = turn.make(() => make(turn.output, request.caller, brokenOff(request, record)));
  // The exchange lasts as long as the work on it, also where its client is gone.
  const [waited] = await Promise.allSettled([reading, making]);
  if (waited.status === "rejected") throw waited.reason;
  if (waited.value === "other-form") throw request.asking?.unwritable(turn.output.recording.text());
}

/** The making before this one, where its retry is to get what there is of it. */
function brokenOff({ engine }: TurnRequest, record: ClaimRecord | null): Making | null {
  if (record === null || record.epoch === 1 || engine.settings.turns.onPartial === "attach") return null;
  return { tenant: record.tenant, id: record.id, epoch: record.epoch - 1 };
}

/** Writes what a turn was asked with. Never rejects. */
async function noteRequest({ engine, content }: TurnRequest, record: ClaimRecord): Promise<void> {
  try {
    await engine.recordedRequests.write(record, content);
  } catch (cause) {
    engine.log.warn("what a turn was asked with is not recorded", { turn: record.id, cause });
  }
}

/** What a turn that is being made decides is written down once it has ended, for who asks for it here. */
function noteGiven(request: TurnRequest, turn: RunningTurn): (() => Promise<void>) | null {
  const { output, place } = turn;
  const text = (): Promise<string | null> =>
    turn.record?.text() ?? Promise.resolve(output.isKept ? output.recording.text() : null);
  const of = { turn: place.record?.id ?? place.exchange, epoch: place.record?.epoch ?? 1, output, text };
  const note = noteDecisions(request, of);
  if (note !== null) void output.over.then(note);
  return note;
}

/** At most ten pieces a second of one turn, and a thousand of all together. */
function paceFor(turns: number): number {
  return Math.max(100, turns);
}

function wantedBy({ engine, form, prompt, protocol, forms, deadline }: TurnRequest): Wanted {
  const { log, settings } = engine;
  const until = deadline === null ? null : { deadline, words: protocol, mode: settings.deadlines.mode, log };
  return { form, prompt, forms, until };
}
