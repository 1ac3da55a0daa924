/** Tokens that one model was paid for, in one run. `input` is the whole prompt, cached or not. */
export interface ModelUsage {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** As far as the upstream said: parts of `inputTokens` that came from its cache, or went into it. */
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** What an explicit run has used so far, before the request at hand. */
export interface RunUsage {
  /** Requests to models, the ones that are under way and the hidden ones of repairs included. */
  readonly calls: number;
  /** By model, of every answer that has ended. */
  readonly models: readonly ModelUsage[];
  /** When its first request was sent, ms since the epoch; the present for a run that begins now. */
  readonly startedAtMs: number;
  /** False where the ledger could not be read: then the figures say too little. */
  readonly complete: boolean;
}
