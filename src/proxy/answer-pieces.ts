import type { Readable } from "node:stream";
import type { Presence } from "./presence.ts";
import type { AnswerReader } from "./received-answer.ts";

/** Bytes that wait for the taker at most before the upstream is told to wait. */
const waitingBytesMax = 256 * 1024;

/**
 * How long an upstream may keep the connection open behind the last frame, ms. Most end it in the
 * same packet, and then it can be used again; what was held must not wait for those that do not.
 */
const lingerMs = 250;

/** Something whose bytes come by themselves, and that can be given up: a `ReceivedAnswer`, or a stream. */
export interface PieceSource {
  read(reader: AnswerReader): void;
  resume(): void;
  /** Breaks off with a reason. */
  cancel(reason: Error): void;
  /** Nothing more is wanted of it. */
  discard(): void;
}

/** What becomes of a piece: more may come, or none is wanted; a promise where the next must wait. */
export type Taken = "more" | "enough" | Promise<"more" | "enough">;

export interface PieceTaker {
  /** What it throws ends the reading. */
  take(piece: Buffer): Taken;
  /** True once the last byte that counts was taken: the end is then not waited for. */
  readonly ended: boolean;
}

interface Outcome {
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Hands an answer's bytes over until it ends, until enough was taken, or until shortly after the taker's
 * own end. Rejects with what the answer broke off with, with what `take` throws, and once `presence` ends:
 * then also with what had come unseen.
 */
export function readPieces(source: PieceSource, presence: Presence, taker: PieceTaker): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const reading = new PieceReading(source, taker, { resolve, reject });
  presence.onLeave((reason) => reading.giveUp(reason));
  source.read(reading);
  return promise;
}

/**
 * What one read of the upstream's connection brought is one piece. Each event of a burst by itself would
 * cost a turn of the event loop's queues on the way in and a system call on the way out. Nothing is awaited
 * between two pieces: of thousands of slow streams, each would keep a promise and all that hangs on it,
 * long enough that the garbage collector takes it for something that stays.
 */
class PieceReading implements AnswerReader {
  readonly #source: PieceSource;
  readonly #taker: PieceTaker;
  readonly #outcome: Outcome;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #isScheduled = false;
  /** The taker has asked for time. */
  #isBusy = false;
  #isOver = false;
  #ended = false;
  #failure: Error | null = null;
  #linger: NodeJS.Timeout | null = null;

  constructor(source: PieceSource, taker: PieceTaker, outcome: Outcome) {
    this.#source = source;
    this.#taker = taker;
    this.#outcome = outcome;
  }

  take(chunk: Buffer): boolean {
    if (this.#isOver || this.#failure !== null) return true;
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    this.#soon();
    return this.#pendingBytes < waitingBytesMax;
  }

  end(): void {
    this.#ended = true;
    this.#soon();
  }

  fail(cause: Error): void {
    this.#failure ??= cause;
    this.#soon();
  }

  /** Nobody is to see more of it, not even of what came. */
  giveUp(reason: Error): void {
    if (this.#isOver) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#failure = reason;
    this.#source.cancel(reason);
    this.#soon();
  }

  /** What comes within the same read joins what is there; nobody waits longer for it than that. */
  #soon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(readDone, this);
  }

  /** All of one read is there. */
  readDone(): void {
    this.#isScheduled = false;
    if (this.#isBusy || this.#isOver) return;
    if (this.#pending.length > 0) this.#hand();
    if (this.#isBusy || this.#isOver || this.#pending.length > 0) return;
    if (this.#failure !== null) this.#fails(this.#failure);
    else if (this.#ended) this.#finish();
    else if (this.#taker.ended) this.#linger ??= setTimeout(() => this.#finish(), lingerMs).unref();
  }

  #hand(): void {
    const [first] = this.#pending;
    const piece =
      this.#pending.length === 1 ? (first as Buffer) : Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    let taken: Taken;
    try {
      taken = this.#taker.take(piece);
    } catch (cause) {
      return this.#fails(cause);
    }
    if (taken === "enough") this.#finish();
    else if (taken === "more") this.#source.resume();
    else void this.#waitFor(taken);
  }

  async #waitFor(taking: Promise<"more" | "enough">): Promise<void> {
    this.#isBusy = true;
    let taken: "more" | "enough";
    try {
      taken = await taking;
    } catch (cause) {
      return this.#fails(cause);
    } finally {
      this.#isBusy = false;
    }
    if (taken === "enough") return this.#finish();
    this.#source.resume();
    this.readDone();
  }

  #fails(cause: unknown): void {
    this.#close();
    this.#outcome.reject(cause);
  }

  #finish(): void {
    this.#close();
    this.#outcome.resolve();
  }

  #close(): void {
    this.#isOver = true;
    this.#pending = [];
    clearTimeout(this.#linger ?? undefined);
    this.#source.discard();
  }
}

function readDone(reading: PieceReading): void {
  reading.readDone();
}

/** The same of a stream, such as one that undoes a content coding. */
export function piecesOf(stream: Readable): PieceSource {
  return {
    read(reader) {
      stream.on("data", (chunk: Buffer) => {
        if (!reader.take(chunk)) stream.pause();
      });
      stream.on("end", () => reader.end());
      stream.on("error", (cause) => reader.fail(cause));
      // Behind an end or an error this says nothing more.
      stream.on("close", () => {
        if (!stream.readableEnded) reader.fail(new Error("the stream was closed before its end"));
      });
      if (stream.destroyed) reader.fail(stream.errored ?? new Error("the stream was closed before"));
    },
    resume: () => void stream.resume(),
    cancel: (reason) => void stream.destroy(reason),
    discard: () => void stream.on("error", () => {}).destroy(),
  };
}
