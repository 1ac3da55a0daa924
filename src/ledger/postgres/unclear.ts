/** How long a claim is looked for that may still arrive, ms: far longer than a server holds on to one. */
const keptMs = 60_000;
const keptMax = 10_000;

/** Nonces of claims that failed without saying whether they were won. Their callers sent nothing. */
export class UnclearClaims {
  readonly #failedAtMs = new Map<string, number>();

  add(nonce: string, nowMs: number): void {
    this.#failedAtMs.set(nonce, nowMs);
    if (this.#failedAtMs.size <= keptMax) return;
    for (const oldest of this.#failedAtMs.keys()) {
      this.#failedAtMs.delete(oldest);
      return;
    }
  }

  get nonces(): readonly string[] {
    return [...this.#failedAtMs.keys()];
  }

  /** After all of `nonces` were looked for: what was found, and what is too old to come, is forgotten. */
  lookedFor(found: readonly string[], nowMs: number): void {
    for (const nonce of found) this.#failedAtMs.delete(nonce);
    for (const [nonce, failedAtMs] of this.#failedAtMs) {
      if (nowMs - failedAtMs > keptMs) this.#failedAtMs.delete(nonce);
    }
  }
}
