import { Worker } from "node:worker_threads";
import { BrokenSchema, OverLimit, type Schema } from "./schema.ts";
import type { FirstError } from "./schema-check.ts";

export interface CheckRequest {
  /** Tells schemas apart. */
  readonly key: string;
  /** The schema's targets, as JSON. */
  readonly targets: string;
  readonly formats: readonly string[];
  /** The arguments, as JSON text. */
  readonly text: string;
}

export type CheckAnswer =
  | { readonly kind: "checked"; readonly error: FirstError | null }
  | { readonly kind: "broken"; readonly why: string }
  | { readonly kind: "failed"; readonly why: string };

export interface ConfinedLimits {
  readonly timeoutMs: number;
  readonly heapMegabytesMax: number;
  readonly waitingMax: number;
}

/** What the confinement was for: the same schema will do it again. */
export class Exhausted extends OverLimit {}

/**
 * Compiles and checks in a worker thread with limits of time and heap. One at a time, so that only
 * the schema at fault pays for ending the thread; the next one gets a new thread.
 */
export class ConfinedCheck {
  readonly #limits: ConfinedLimits;
  #worker: Promise<Worker> | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(limits: ConfinedLimits) {
    this.#limits = limits;
  }

  /** Threads ended so far because a schema took too long or too much. */
  terminated = 0;

  async check(
    key: string,
    targets: readonly Schema[],
    formats: ReadonlySet<string>,
    text: string,
  ): Promise<FirstError | null> {
    if (this.#closed) throw new OverLimit("the check of large schemas has been shut down");
    if (this.#waiting >= this.#limits.waitingMax)
      throw new OverLimit("too many large schemas wait to be checked");
    const request: CheckRequest = { key, targets: JSON.stringify(targets), formats: [...formats], text };
    this.#waiting += 1;
    const mine = this.#last.then(async () => this.#ask(request));
    // Whoever asked is told of a failure; whoever waits behind is not concerned.
    this.#last = mine.catch(() => null).finally(() => (this.#waiting -= 1));
    const answer = await mine;
    if (answer.kind === "broken") throw new BrokenSchema(answer.why);
    if (answer.kind === "failed") throw new Exhausted(`the schema could not be checked: ${answer.why}`);
    return answer.error;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = await this.#worker?.catch(() => null);
    await worker?.terminate();
  }

  async #ask(request: CheckRequest): Promise<CheckAnswer> {
    this.#worker ??= this.#start();
    const worker = await this.#worker.catch((thrown: unknown) => {
      this.#worker = null;
      throw new OverLimit("the thread for large schemas did not start", { cause: thrown });
    });
    const { promise, resolve, reject } = Promise.withResolvers<CheckAnswer>();
    const timer = setTimeout(
      () => reject(new Exhausted(`the schema took more than ${this.#limits.timeoutMs} ms`)),
      this.#limits.timeoutMs,
    );
    const ended = (): void => reject(new Exhausted("the schema took more memory than allowed"));
    worker.once("message", resolve).once("error", ended).once("exit", ended);
    worker.postMessage(request, []);
    try {
      return await promise;
    } catch (thrown) {
      this.terminated += 1;
      this.#worker = null;
      await worker.terminate();
      throw thrown;
    } finally {
      clearTimeout(timer);
      worker.off("message", resolve).off("error", ended).off("exit", ended);
    }
  }

  /** The clock of a check starts when its thread is up: starting one is slow on a busy machine. */
  async #start(): Promise<Worker> {
    // Run from the sources it is TypeScript, from the built package JavaScript.
    const file = import.meta.url.endsWith(".ts") ? "./check-worker.ts" : "./check-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      resourceLimits: {
        maxOldGenerationSizeMb: this.#limits.heapMegabytesMax,
        maxYoungGenerationSizeMb: 16,
        stackSizeMb: 4,
      },
      stdin: false,
    });
    worker.unref();
    // Without a listener an error of the thread would end the process.
    worker.on("error", () => undefined);
    const { promise, resolve, reject } = Promise.withResolvers<Worker>();
    const ended = (): void => reject(new Error("it ended"));
    worker
      .once("message", () => resolve(worker))
      .once("error", ended)
      .once("exit", ended);
    try {
      return await promise;
    } finally {
      worker.off("error", ended).off("exit", ended);
    }
  }
}
