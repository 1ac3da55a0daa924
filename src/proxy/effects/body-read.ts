import type { AnswerReader, ReceivedAnswer } from "../received-answer.ts";

/**
 * A body read up to a limit.
 * `whole`: it ended inside it. `broken`: it broke off. `longer`: it is over the limit; `chunks()`
 * gives all of it, what was read already first.
 */
export type BodyRead =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  | { readonly kind: "broken"; readonly cause: unknown }
  | { readonly kind: "longer"; chunks(): AsyncGenerator<Uint8Array, void, undefined> };

/** Reads a body up to a limit. A small one is often here with its headers, and needs no waiting. */
export function readWithin(answer: ReceivedAnswer, bytesMax: number): BodyRead | Promise<BodyRead> {
  const bytes = answer.wholeNow(bytesMax);
  if (bytes !== null) return { kind: "whole", bytes };
  const reading = new BodyReading(answer, bytesMax);
  answer.read(reading);
  return reading.read;
}

/** Bytes that wait for who takes a longer body at most before the upstream is told to wait. */
const waitingBytesMax = 64 * 1024;

class BodyReading implements AnswerReader {
  readonly read: Promise<BodyRead>;
  readonly #answer: ReceivedAnswer;
  readonly #bytesMax: number;
  readonly #resolve: (read: BodyRead) => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isLonger = false;
  /** How it ended: well (null), or with what it broke off with. */
  #ended: { readonly cause: Error | null } | null = null;
  #wake: (() => void) | null = null;

  constructor(answer: ReceivedAnswer, bytesMax: number) {
    this.#answer = answer;
    this.#bytesMax = bytesMax;
    const { promise, resolve } = Promise.withResolvers<BodyRead>();
    this.read = promise;
    this.#resolve = resolve;
  }

  take(chunk: Buffer): boolean {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (!this.#isLonger && this.#waitingBytes > this.#bytesMax) {
      this.#isLonger = true;
      this.#resolve({ kind: "longer", chunks: () => this.#chunks() });
    }
    this.#wake?.();
    return !this.#isLonger || this.#waitingBytes < waitingBytesMax;
  }

  end(): void {
    this.#ended = { cause: null };
    if (!this.#isLonger) this.#resolve({ kind: "whole", bytes: Buffer.concat(this.#waiting) });
    this.#wake?.();
  }

  fail(cause: Error): void {
    this.#ended = { cause };
    if (!this.#isLonger) this.#resolve({ kind: "broken", cause });
    this.#wake?.();
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const chunk = this.#waiting.shift();
        if (chunk !== undefined) {
          this.#waitingBytes -= chunk.length;
          yield chunk;
        } else if (this.#ended !== null) {
          if (this.#ended.cause !== null) throw this.#ended.cause;
          return;
        } else {
          const more = new Promise<void>((resolve) => (this.#wake = resolve));
          // What has come already is handed over within this call.
          this.#answer.resume();
          await more;
        }
      }
    } finally {
      // Who stops early leaves no paused connection behind: no time limit would ever end it.
      if (this.#ended === null) this.#answer.discard();
    }
  }
}
