import type { AnswerReader, ReceivedAnswer } from "./received-answer.ts";

/** Bytes that wait for the reader at most before the upstream is told to wait. */
const waitingBytesMax = 256 * 1024;

/** Something whose bytes are read piece by piece, and that can be given up: a stream, or `AnswerChunks`. */
export interface ChunkSource {
  [Symbol.asyncIterator](): AsyncIterator<Buffer, unknown, undefined>;
  destroy(): unknown;
}

/**
 * An answer's bytes for one who waits for them: what one read of the upstream's connection brought is one
 * piece. A stream would give each event of a burst by itself, and each costs a turn of the event loop's
 * queues on the way in and a system call on the way out.
 */
export class AnswerChunks implements AnswerReader, ChunkSource, AsyncIterator<Buffer, undefined, undefined> {
  readonly #answer: ReceivedAnswer;
  readonly #unheed: () => void;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #waiting: PromiseWithResolvers<IteratorResult<Buffer, undefined>> | null = null;
  #isScheduled = false;
  #ended = false;
  #failure: Error | null = null;

  /** Gives the answer up, with what has come of it, once `signal` is aborted. */
  constructor(answer: ReceivedAnswer, signal: AbortSignal) {
    this.#answer = answer;
    const giveUp = (): void => this.#giveUp(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    this.#unheed = () => signal.removeEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    answer.read(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    this.#waiting = Promise.withResolvers();
    const { promise } = this.#waiting;
    // What comes within the same read joins what is there; nobody waits longer for it than that.
    if (!this.#isScheduled) this.#settle();
    return promise;
  }

  take(chunk: Buffer): boolean {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      process.nextTick(settle, this);
    }
    return this.#pendingBytes < waitingBytesMax;
  }

  end(): void {
    this.#ended = true;
    this.#unheed();
    if (!this.#isScheduled) this.#settle();
  }

  fail(cause: Error): void {
    this.#failure ??= cause;
    this.#unheed();
    if (!this.#isScheduled) this.#settle();
  }

  destroy(): void {
    this.#unheed();
    this.#answer.discard();
  }

  /** All of one read is there. */
  readDone(): void {
    this.#isScheduled = false;
    this.#settle();
  }

  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    if (this.#pending.length === 0 && this.#failure === null && !this.#ended) return;
    this.#waiting = null;
    const [first] = this.#pending;
    if (first !== undefined) {
      const value = this.#pending.length === 1 ? first : Buffer.concat(this.#pending, this.#pendingBytes);
      this.#pending = [];
      this.#pendingBytes = 0;
      waiting.resolve({ done: false, value });
      this.#answer.resume();
    } else if (this.#failure !== null) waiting.reject(this.#failure);
    else waiting.resolve({ done: true, value: undefined });
  }

  /** Nobody is to see more of it, not even of what came. */
  #giveUp(reason: unknown): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#failure = reason instanceof Error ? reason : new Error("given up", { cause: reason });
    this.#answer.cancel(this.#failure);
    this.#settle();
  }
}

function settle(chunks: AnswerChunks): void {
  chunks.readDone();
}
