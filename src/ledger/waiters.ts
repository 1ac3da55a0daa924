import type { ClaimRecord } from "./ledger.ts";

/** The next change of a record that somebody waits for. */
export interface Change {
  within(timeoutMs: number): Promise<void>;
  forget(): void;
}

/** Who waits for a record of this process to change. A wake-up is a hint: the record is read again. */
export class Waiters {
  readonly #byId = new Map<string, Set<() => void>>();

  /**
   * Resolves when `wake(id)` is called, or after `timeoutMs`. Counts from the call on, so that what
   * changes between a look at the record and the waiting is not missed.
   */
  next(id: string): Change {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#byId.get(id) ?? new Set();
    this.#byId.set(id, waiting.add(resolve));
    const forget = (): void => {
      waiting.delete(resolve);
      if (waiting.size === 0 && this.#byId.get(id) === waiting) this.#byId.delete(id);
    };
    const within = async (timeoutMs: number): Promise<void> => {
      const timer = setTimeout(resolve, timeoutMs);
      await promise;
      clearTimeout(timer);
      forget();
    };
    return { within, forget };
  }

  wake(id: string): void {
    for (const resolve of this.#byId.get(id) ?? []) resolve();
  }

  wakeAll(): void {
    for (const id of this.#byId.keys()) this.wake(id);
  }

  /** Which records are waited for. */
  get ids(): readonly string[] {
    return [...this.#byId.keys()];
  }

  get size(): number {
    return this.#byId.size;
  }
}

/**
 * Resolves with the record once it has left `intent`, or as it is after `timeoutMs`. `pause` waits for
 * a change, so many ms at most.
 */
export async function whenSettled(
  waiters: Waiters,
  id: string,
  timeoutMs: number,
  read: () => Promise<ClaimRecord | null>,
  pause: (change: Change, leftMs: number) => Promise<void>,
): Promise<ClaimRecord | null> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const change = waiters.next(id);
    try {
      const record = await read();
      const leftMs = endMs - performance.now();
      if (record === null || record.state !== "intent" || leftMs <= 0) return record;
      await pause(change, leftMs);
    } finally {
      change.forget();
    }
  }
}
