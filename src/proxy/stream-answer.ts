import { LongstopError } from "../exchange/error.ts";
import type { Turn } from "../exchange/turn.ts";
import type { FrameRole, StreamReader, StreamWriter } from "../protocols/protocol.ts";
import { FrameSplitter, SseError, type Frame } from "../wire/sse.ts";
import { ClientStream } from "./client-stream.ts";
import { limitWork } from "./deadlines/work-limits.ts";
import { answerPieces } from "./answer-body.ts";
import { readPieces } from "./answer-pieces.ts";
import { decideTurn, type TurnDecision } from "./decide-turn.ts";
import { HeldFrames } from "./held-frames.ts";
import { holdBounds, type Holding, holdingOf } from "./holding.ts";
import { interventionsHeader, interventionsLine } from "./interventions.ts";
import type { ModelCall } from "./model-call.ts";
import { Repair } from "./repair.ts";
import { cutStream, erredStream, unreadableStream, untouched } from "./stream-errors.ts";
import { FramesAside } from "./turns/frames-aside.ts";
import { partialComment } from "./turns/partial-note.ts";
import { Stopping } from "./stopping.ts";
import { TurnFrames, type TurnEnd } from "./turn-frames.ts";
import { answerError, refusedByUpstream, type UpstreamAnswer } from "./upstream.ts";
import { answerHeaders, headerOf } from "./upstream-headers.ts";
import { differs, hiddenOutcomes, isSuccess, noteInterventions, shownCalls } from "./whole-answer.ts";

/** Serves an answer that is a stream of events. */
export async function serveStream(call: ModelCall, first: UpstreamAnswer): Promise<void> {
  const stream = new StreamAnswer(call, first);
  try {
    await stream.run(first);
  } catch (thrown) {
    await stream.fail(thrown);
  } finally {
    stream.close();
  }
}

function nothingToEnd(): void {}

/** One for all: an error made for each stream would gather a stack that nobody reads. */
const over = new Error("the answer is over");

/**
 * Text flows as the bytes that came. From the first frame of a call on everything is held until
 * the turn is whole and all its calls are decided; then it is released, or the model is asked
 * again and its next turn is spliced behind what the client has.
 */
class StreamAnswer {
  readonly #call: ModelCall;
  readonly #client: ClientStream;
  readonly #writer: StreamWriter;
  readonly #repair: Repair;
  readonly #holding: Holding;
  readonly #stopping: Stopping;
  readonly #held: HeldFrames;
  readonly #aside: FramesAside;
  /** The upstream's ids of all turns behind this answer: the client may know any of them. */
  readonly #turnIds: string[] = [];
  /** False once something that was decided about a turn could not be written. */
  #recorded = true;
  /** Text of earlier turns that the client has: part of what it will send back. */
  #textBefore = "";
  /** Ends the wait for the first token of a turn. */
  #firstTokenCame: () => void = nothingToEnd;
  /** What the upstream said where it ended its stream with an error. */
  #errorText = "";
  /** The turn whose answer the ledger has already, because the provider makes it without us. */
  #remembered: StreamReader | null = null;

  constructor(call: ModelCall, first: UpstreamAnswer) {
    this.#call = call;
    const { settings, posts } = call.engine;
    const { isRebuilt } = call.client;
    const hold = holdBounds(settings, isRebuilt);
    this.#client = new ClientStream(call.client, hold, () => {
      if (call.ready.interventions.length > 0 && !isRebuilt) {
        call.client.notes.set(interventionsHeader, interventionsLine(call.ready.interventions));
      }
      return { status: first.status, headers: answerHeaders(first.headers, "whole") };
    });
    this.#writer = call.protocol.openWriter();
    this.#repair = new Repair(call.protocol, call.ready, settings.repairAttemptsMax, () => call.hasTimeToAsk);
    this.#holding = holdingOf(posts, isRebuilt);
    this.#stopping = new Stopping(call.presence);
    this.#aside = new FramesAside(call.client);
    this.#held = new HeldFrames(hold, (error) => this.#stopping.stop(error));
  }

  async run(first: UpstreamAnswer): Promise<void> {
    let upstream = first;
    for (;;) {
      const reader = this.#call.protocol.openReader();
      const reading = this.#readTurn(upstream, reader);
      const ended = await reading.finally(() => this.#call.used(() => reader.turn()));
      if (ended === "upstream-error") {
        if (this.#call.client.isRebuilt) throw erredStream(this.#call.route.target, this.#errorText);
        this.#call.client.brokeOff = true;
        return this.#client.end();
      }
      const turn = reader.turn();
      if (!turn.complete) throw cutStream(this.#call.route.target);
      this.#turnIds.push(turn.id);
      const { engine, ready, at } = this.#call;
      const decision = await decideTurn(engine, turn, ready, at);
      this.#call.decided(decision);
      if (decision.kind === "release") return this.#release(reader, turn, decision);
      this.#recorded = (await this.#call.recordDecided()) && this.#recorded;
      const body = this.#next(decision, turn, reader);
      engine.log.info("asked the model again", { exchange: at.id, repairs: this.#repair.attempts });
      this.#textBefore += this.#flowed(turn);
      this.#held.clear();
      this.#aside.nextTurn();
      this.#writer.nextTurn();
      upstream = await this.#call.send(body, this.#stopping);
      this.#checkRepairAnswer(upstream);
    }
  }

  /** Ends a stream that cannot end well: a plain error while nothing was sent, else the error event. */
  async fail(thrown: unknown): Promise<void> {
    this.#held.clear();
    const { client } = this.#call;
    if (client.left && !client.isCancelled) return client.destroy();
    const reason: unknown = this.#stopping.reason ?? thrown;
    const error =
      reason instanceof SseError
        ? unreadableStream(this.#call.route.target, reason)
        : answerError(reason, this.#call.route.target);
    // Nobody has a byte of what is put together in the end, so the error can be a plain one.
    if (this.#call.client.isRebuilt) throw untouched(error);
    if (!this.#client.started) throw error;
    this.#call.engine.log.warn("stream ended with an error", {
      exchange: this.#call.at.id,
      code: error.code,
      sentence: error.message,
      cause: error.cause,
    });
    this.#call.client.brokeOff = true;
    this.#notePartial();
    await this.#client.write(this.#writer.error(error));
    await this.#client.end();
  }

  close(): void {
    this.#client.close();
    this.#firstTokenCame();
    this.#held.clear();
    // Whatever still runs upstream has nobody left to read it.
    this.#stopping.stop(over);
  }

  async #readTurn(upstream: UpstreamAnswer, reader: StreamReader): Promise<TurnEnd> {
    const { route, engine, askedForMs } = this.#call;
    const leftMs = Math.max(engine.settings.timeouts.firstTokenMs - askedForMs, 1);
    this.#firstTokenCame = limitWork(leftMs, this.#stopping, route.target, "firstTokenMs");
    const splitter = new FrameSplitter({ frameBytesMax: engine.settings.limits.frameBytesMax });
    const frames = new TurnFrames(reader, splitter, this.#client, {
      isHolding: () => this.#held.holding,
      opens: () => this.#rememberBackground(reader),
      take: (frame, role) => this.#take(frame, role),
      cut: (cause) => cutStream(route.target, cause),
    });
    // The first answer was asked for before there was anything to hold, so it knows no limit on that.
    await readPieces(answerPieces(upstream, route.target), this.#stopping, frames);
    return frames.end();
  }

  /** Whoever leaves this stream may fetch the answer by the id that it opens with. */
  #rememberBackground(reader: StreamReader): Promise<void> | null {
    if (this.#remembered === reader || this.#call.protocol.withEarlier === undefined) return null;
    const turn = reader.turn();
    if (turn.background !== true || turn.id === "") return null;
    this.#remembered = reader;
    return this.#call.recordKept(turn, () => [], this.#turnIds);
  }

  #take(frame: Frame, role: FrameRole): void {
    if (role !== "comment" && role !== "preamble" && this.#firstTokenCame !== nothingToEnd) {
      this.#firstTokenCame();
      this.#firstTokenCame = nothingToEnd;
    }
    if (role === "comment") {
      if (this.#client.started) void this.#client.write(frame.bytes);
      else this.#client.writeLater(frame.bytes);
    } else if (role === "error") {
      this.#held.clear();
      if (this.#call.client.isRebuilt) {
        this.#errorText = frame.data ?? "";
        return;
      }
      // What came in one piece with the error is a part of the answer, too.
      void this.#client.sendTogether();
      this.#client.beginTogether();
      this.#call.client.brokeOff = true;
      this.#notePartial();
      void this.#client.write(this.#writer.pass(frame, role) ?? frame.bytes);
    } else if (this.#held.holding || this.#mustHold(role)) {
      this.#aside.held(frame, this.#client.started);
      this.#held.add(frame);
      this.#client.holding();
    } else {
      this.#aside.passed(frame, this.#client.started);
      const bytes = this.#writer.pass(frame, role);
      if (bytes === null) return;
      if (role === "preamble" && this.#holding !== "none") this.#client.writeLater(bytes);
      else void this.#client.write(bytes);
    }
  }

  /** Before the error that ends a stream: where what came of it is found. */
  #notePartial(): void {
    const { partial } = this.#call.client;
    if (partial !== null) void this.#client.write(partialComment(partial));
  }

  #mustHold(role: FrameRole): boolean {
    if (this.#holding === "all") return role !== "preamble";
    if (role === "call") return this.#holding === "calls" || this.#holding === "end";
    if (role !== "end") return false;
    // Behind a turn that was asked again, the end tells the tokens of all turns, so it is written anew.
    return this.#holding === "end" || this.#repair.attempts > 0 || this.#textBefore !== "";
  }

  /** The text of a turn that left before frames were held; what is in held frames is never sent. */
  #flowed(turn: Turn): string {
    const held = this.#call.protocol.openReader();
    for (const frame of this.#held.frames) held.read(frame);
    return turn.text.slice(0, turn.text.length - held.turn().text.length);
  }

  #next(decision: Exclude<TurnDecision, { kind: "release" }>, turn: Turn, reader: StreamReader): string {
    const record = { kind: "stream", reader } as const;
    if (decision.kind === "ask-again" && !this.#held.holding) {
      // A post that lets all flow can only say afterwards that the answer should not have left.
      throw new LongstopError("reply_refused", `Longstop refused the model's answer. ${decision.sentence}`);
    }
    const next =
      decision.kind === "ask-on"
        ? this.#repair.askOn(decision.outcomes, turn, record)
        : this.#repair.askAgain(decision, turn, record);
    if ("error" in next) throw next.error;
    return next.body;
  }

  async #release(
    reader: StreamReader,
    turn: Turn,
    decision: Extract<TurnDecision, { kind: "release" }>,
  ): Promise<void> {
    const { protocol, interventions } = this.#call;
    const truth = [...this.#repair.truth];
    let recording: boolean | Promise<boolean>;
    if (truth.length > 0 || differs(decision.changes, decision.answered.length)) {
      truth.push(
        ...protocol.assistantMessages({ kind: "stream", reader }),
        ...protocol.resultMessages(hiddenOutcomes(decision)),
      );
      const shown = { text: this.#textBefore + turn.text, calls: shownCalls(turn.calls, decision.changes) };
      recording = this.#call.recordSplice(shown, truth);
    } else recording = this.#call.recordDecided();
    const recorded = (recording instanceof Promise ? await recording : recording) && this.#recorded;
    const output = (): readonly string[] => protocol.assistantMessages({ kind: "stream", reader });
    if (turn.kept === true) await this.#call.recordKept(turn, output, this.#turnIds);
    if (this.#call.client.isRebuilt) noteInterventions(this.#call, this.#repair);
    this.#aside.released();
    if (!this.#held.holding) return this.#client.end();
    const repairs = this.#repair.attempts;
    const comment =
      interventions.length === 0 && recorded
        ? undefined
        : `longstop ${interventionsLine(interventions, { repairs, ...(recorded ? {} : { recorded }) })}`;
    const addOutputTokens = this.#repair.hiddenOutputTokens;
    const bytes = this.#writer.release(this.#held.frames, turn, {
      changes: decision.changes,
      addOutputTokens,
      comment,
    });
    this.#client.beginTogether();
    for (const piece of bytes) void this.#client.write(piece);
    await this.#client.sendTogether();
    this.#held.clear();
    await this.#client.end();
  }

  /** A turn that was asked again must be a stream too; the client cannot be given anything else. */
  #checkRepairAnswer(upstream: UpstreamAnswer): void {
    const type = headerOf(upstream.headers, "content-type") ?? "";
    if (isSuccess(upstream.status) && type.includes("text/event-stream")) return;
    upstream.body.on("error", () => {}).destroy();
    throw new LongstopError(
      "upstream_unreadable",
      `Asking the model again failed: the upstream ${this.#call.route.target.name} answered ` +
        `${upstream.status}.`,
      refusedByUpstream(upstream),
    );
  }
}
