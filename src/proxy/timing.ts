/**
 * What this gateway added to an exchange: from the request being read to its dispatch, plus from
 * the upstream's headers to the next dispatch or to our own headers. Waiting for the upstream is no
 * overhead, and neither is what happens once our headers have left.
 */
export class Timing {
  readonly startedMs = performance.now();
  #spentMs = 0;
  /** Since when it is this gateway's turn, or null while the upstream is waited for. */
  #sinceMs: number | null = this.startedMs;
  #answeredMs: number | null = null;
  #hasLeft = false;

  /** True once a byte of the request may have left for an upstream. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** The request is being written to an upstream. */
  leaves(): void {
    this.#hasLeft = true;
  }

  /** The request has been read as far as it must be before anything is decided. */
  read(): void {
    this.#sinceMs = performance.now();
  }

  dispatched(): void {
    this.#spentMs += this.#runningMs();
    this.#sinceMs = null;
  }

  upstreamHeaders(): void {
    this.#sinceMs = performance.now();
  }

  /** Our headers leave: the overhead stays as it is now. */
  answered(): void {
    this.#answeredMs ??= this.#spentMs + this.#runningMs();
  }

  /** The overhead so far, in ms with three decimals. */
  overheadMs(): string {
    return (this.#answeredMs ?? this.#spentMs + this.#runningMs()).toFixed(3);
  }

  elapsedMs(): number {
    return performance.now() - this.startedMs;
  }

  #runningMs(): number {
    return this.#sinceMs === null ? 0 : performance.now() - this.#sinceMs;
  }
}
