import type { Clock } from "../clock.ts";

/**
 * Calls at one moment all that wait for it, with one timer. Who waits again and again leaves nothing behind:
 * a timer and a promise of each would outlive the collector's young generation every time.
 */
export class SharedMoments {
  readonly #clock: Pick<Clock, "now" | "sleep">;
  readonly #waiting = new Map<number, Set<() => void>>();

  constructor(clock: Pick<Clock, "now" | "sleep">) {
    this.#clock = clock;
  }

  /** Calls `what` at this moment (ms, as the clock has it), once. It must not throw. */
  join(atMs: number, what: () => void): void {
    const others = this.#waiting.get(atMs);
    if (others !== undefined) return void others.add(what);
    this.#waiting.set(atMs, new Set([what]));
    void this.#callAt(atMs);
  }

  /** Does not call it then. */
  leave(atMs: number, what: () => void): void {
    this.#waiting.get(atMs)?.delete(what);
  }

  async #callAt(atMs: number): Promise<void> {
    await this.#clock.sleep(Math.max(0, atMs - this.#clock.now()));
    const due = this.#waiting.get(atMs) ?? [];
    this.#waiting.delete(atMs);
    for (const what of due) what();
  }
}
