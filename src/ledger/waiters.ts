/** Who waits for a record of this process to change. A wake-up is a hint: the record is read again. */
export class Waiters {
  readonly #byId = new Map<string, Set<() => void>>();

  /**
   * Resolves when `wake(id)` is called, or after `timeoutMs`. Counts from the call on, so that what
   * changes between a look at the record and the waiting is not missed.
   */
  next(id: string): { within(timeoutMs: number): Promise<void>; forget(): void } {
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
