/**
 * What this gateway added to an exchange: from the request being read to its dispatch, plus from
 * the upstream's headers to ours. Waiting for the upstream is no overhead.
 */
export class Timing {
  readonly startedMs = performance.now();
  #readMs = this.startedMs;
  #dispatchedMs: number | null = null;
  #upstreamHeadersMs: number | null = null;

  /** The request has been read as far as it must be before anything is decided. */
  read(): void {
    this.#readMs = performance.now();
  }

  /** The first dispatch counts: between it and the last headers of the upstream all is waiting. */
  dispatched(): void {
    this.#dispatchedMs ??= performance.now();
  }

  upstreamHeaders(): void {
    this.#upstreamHeadersMs = performance.now();
  }

  /** The overhead until now, in ms with three decimals. */
  overheadMs(): string {
    const now = performance.now();
    const before = (this.#dispatchedMs ?? now) - this.#readMs;
    const after = this.#upstreamHeadersMs === null ? 0 : now - this.#upstreamHeadersMs;
    return Math.max(0, before + after).toFixed(3);
  }

  elapsedMs(): number {
    return performance.now() - this.startedMs;
  }
}
