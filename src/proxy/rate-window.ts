const windowMs = 60_000;

/**
 * At most `max` requests in any 60 seconds, exactly: it remembers when each of the last `max` was
 * let in. A bucket that refills would let twice as many into a minute.
 */
export class RateWindow {
  readonly #times: Float64Array;
  /** Where the oldest time stands, which is where the next one goes. */
  #oldest = 0;

  constructor(max: number) {
    this.#times = new Float64Array(max).fill(-Infinity);
  }

  get max(): number {
    return this.#times.length;
  }

  /** Lets one in and gives 0, or gives the time to wait, ms. `nowMs` never goes backwards. */
  enter(nowMs: number): number {
    const waitMs = (this.#times[this.#oldest] ?? -Infinity) + windowMs - nowMs;
    if (waitMs > 0) return waitMs;
    this.#times[this.#oldest] = nowMs;
    this.#oldest = (this.#oldest + 1) % this.#times.length;
    return 0;
  }

  /** The same for another `max`, with as much of the past as it needs. */
  resized(max: number): RateWindow {
    const resized = new RateWindow(max);
    const inOrder = [...this.#times.subarray(this.#oldest), ...this.#times.subarray(0, this.#oldest)];
    const kept = inOrder.slice(-max);
    resized.#times.set(kept, max - kept.length);
    return resized;
  }
}
