import type { AnswerTarget } from "./answer-target.ts";
import type { AnswerReader, ReceivedAnswer } from "./received-answer.ts";

/** Chunks that came together leave as one up to here; copying more would cost more than it saves. */
const joinedBytesMax = 16 * 1024;

/**
 * Hands an answer's bytes to the client as they come. What one read of the upstream's connection
 * brought leaves in one write, and a client that does not read on stops the upstream.
 */
export class ClientRelay implements AnswerReader {
  readonly #answer: ReceivedAnswer;
  readonly #client: AnswerTarget;
  readonly #done = Promise.withResolvers<void>();
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #isScheduled = false;
  #hasWritten = false;

  constructor(answer: ReceivedAnswer, client: AnswerTarget) {
    this.#answer = answer;
    this.#client = client;
  }

  /** Resolves once all was handed to the kernel; rejects with what broke the answer, or `fail`. */
  run(): Promise<void> {
    this.#answer.read(this);
    if (!this.#isScheduled && !this.#hasWritten) setImmediate(flushHead, this);
    return this.#done.promise;
  }

  take(chunk: Buffer): boolean {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      process.nextTick(flush, this);
    }
    return true;
  }

  end(): void {
    const last = this.#pending.length === 1 ? this.#pending[0] : undefined;
    if (last === undefined) this.flush();
    this.#pending = [];
    this.#hasWritten = true;
    this.#done.resolve(this.#client.end(last));
  }

  fail(cause: Error): void {
    this.#pending = [];
    this.#hasWritten = true;
    this.#done.reject(cause);
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.#pending.length === 0) return;
    const chunks =
      this.#pendingBytes <= joinedBytesMax && this.#pending.length > 1
        ? [Buffer.concat(this.#pending, this.#pendingBytes)]
        : this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#hasWritten = true;
    let goOn = true;
    for (const chunk of chunks) goOn = this.#client.write(chunk);
    if (goOn) return;
    this.#answer.pause();
    void this.#client.drained().then(() => this.#answer.resume());
  }

  /** An upstream that is slow to send its first byte does not keep its headers from the client. */
  flushHead(): void {
    if (!this.#hasWritten) this.#client.flushHead();
  }
}

function flush(relay: ClientRelay): void {
  relay.flush();
}

function flushHead(relay: ClientRelay): void {
  relay.flushHead();
}
