import type { ClientLimits } from "./client-limits.ts";

/** Which of a client's limits has passed. */
export type PassedLimit = "total" | "headers" | "silence";

/** The client whose time it is. */
export interface WaitingClient {
  /** True once it was sent headers. */
  readonly started: boolean;
  /** Bytes that were written to its connection so far. */
  readonly handedBytes: number;
  /** True while it does not read what is there for it. */
  readonly isBehind: boolean;
}

/** So often within its limit a silence is looked for. */
const looksPerSilence = 10;
const lookMsMin = 10;
/** Beyond it a timer of Node's would go off at once. */
const timerMsMax = 2 ** 31 - 1;

/**
 * The time of one client for one answer. It tells once that the client must hear something now; what that is,
 * and what becomes of the work, is for those to say who listen. One timer looks now and then, and nothing is
 * done for each piece: whether the client heard something, the bytes of its connection tell.
 */
export class Deadline {
  readonly limits: ClientLimits;
  readonly #client: WaitingClient;
  readonly #sinceMs: number;
  readonly #lookMs: number;
  #heardBytes: number;
  #heardAtMs: number;
  #passed: PassedLimit | null = null;
  #listeners: ((limit: PassedLimit) => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `sinceMs`: when the request came, on the clock of `performance.now()`. */
  constructor(client: WaitingClient, limits: ClientLimits, sinceMs: number) {
    this.limits = limits;
    this.#client = client;
    this.#sinceMs = sinceMs;
    this.#lookMs = Math.max(limits.silenceMs / looksPerSilence, lookMsMin);
    this.#heardBytes = client.handedBytes;
    this.#heardAtMs = performance.now();
    this.#arm();
  }

  get passed(): PassedLimit | null {
    return this.#passed;
  }

  /** How long it is until the client must have headers, or all; Infinity where nothing says so. */
  get remainingMs(): number {
    const { totalMs, headersMs } = this.limits;
    const limitMs = this.#client.started ? totalMs : Math.min(totalMs, headersMs);
    return limitMs - this.#elapsedMs;
  }

  /** Calls once the first limit has passed; at once where it has. Must not throw. */
  onPassed(listener: (limit: PassedLimit) => void): void {
    if (this.#passed === null) this.#listeners.push(listener);
    else listener(this.#passed);
  }

  /** The answer has ended: nothing passes any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#listeners = [];
  }

  get #elapsedMs(): number {
    return performance.now() - this.#sinceMs;
  }

  #arm(): void {
    const waitMs = Math.min(this.remainingMs, this.#lookMs);
    // Once the headers have left, a limit on them needs no timer any more.
    if (waitMs === Infinity) return;
    this.#timer = setTimeout(look, Math.max(Math.ceil(Math.min(waitMs, timerMsMax)), 1), this);
  }

  look(): void {
    const { totalMs } = this.limits;
    if (this.remainingMs <= 0) return this.#pass(this.#elapsedMs >= totalMs ? "total" : "headers");
    if (this.#isSilent()) return this.#pass("silence");
    this.#arm();
  }

  #isSilent(): boolean {
    const { handedBytes, started, isBehind } = this.#client;
    const { silenceMs } = this.limits;
    if (silenceMs === Infinity) return false;
    const nowMs = performance.now();
    // A client that does not read on cannot hear anything, which is no fault of who writes to it.
    if (!started || isBehind || handedBytes !== this.#heardBytes) {
      this.#heardBytes = handedBytes;
      this.#heardAtMs = nowMs;
      return false;
    }
    // It heard something up to one look before that was noticed.
    return nowMs - this.#heardAtMs >= silenceMs - this.#lookMs;
  }

  #pass(limit: PassedLimit): void {
    this.#passed = limit;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(limit);
  }
}

function look(deadline: Deadline): void {
  deadline.look();
}
