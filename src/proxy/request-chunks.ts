import type { IncomingMessage } from "node:http";

type Next = IteratorResult<Buffer, undefined>;

/** Chunks that wait for the upstream at most before the client is told to wait. */
const waitingMax = 2;

/**
 * The body of a request, chunk by chunk, for a reader that may stop early. An upstream can answer
 * before it has read the request; what is left is then read and thrown away, because destroying the
 * request would close the client's connection before the answer has reached it.
 */
export class RequestChunks implements AsyncIterableIterator<Buffer, undefined, undefined> {
  readonly #incoming: IncomingMessage;
  readonly #bytesMax: number;
  readonly #tooLarge: () => Error;
  #bytes = 0;
  #waiting: Buffer[] = [];
  #ended = false;
  #failure: Error | null = null;
  #asked: { resolve: (next: Next) => void; reject: (cause: Error) => void } | null = null;

  constructor(incoming: IncomingMessage, bytesMax: number, tooLarge: () => Error) {
    this.#incoming = incoming;
    this.#bytesMax = bytesMax;
    this.#tooLarge = tooLarge;
    incoming.on("data", (chunk: Buffer) => this.#take(chunk));
    incoming.on("end", () => this.#end());
    incoming.on("close", () => this.#fail(new Error("the request ended before its body was whole")));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Next> {
    const chunk = this.#waiting.shift();
    if (chunk !== undefined) {
      if (this.#waiting.length < waitingMax) this.#incoming.resume();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    const { promise, resolve, reject } = Promise.withResolvers<Next>();
    this.#asked = { resolve, reject };
    return promise;
  }

  return(): Promise<Next> {
    this.#ended = true;
    this.#waiting = [];
    this.#incoming.resume();
    return Promise.resolve({ done: true, value: undefined });
  }

  #take(chunk: Buffer): void {
    if (this.#ended || this.#failure !== null) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) return this.#fail(this.#tooLarge());
    if (this.#asked !== null) {
      const { resolve } = this.#asked;
      this.#asked = null;
      resolve({ done: false, value: chunk });
      return;
    }
    this.#waiting.push(chunk);
    if (this.#waiting.length >= waitingMax) this.#incoming.pause();
  }

  #end(): void {
    this.#ended = true;
    this.#asked?.resolve({ done: true, value: undefined });
    this.#asked = null;
  }

  #fail(cause: Error): void {
    if (this.#ended || this.#failure !== null) return;
    this.#failure = cause;
    this.#asked?.reject(cause);
    this.#asked = null;
    this.#incoming.resume();
  }
}
