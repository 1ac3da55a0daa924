/**
 * Something observed or decided that later exchanges need: append-only, by tenant, subject and kind.
 * The subject is a run or a conversation.
 */
export interface Fact {
  readonly tenant: string;
  /**
   * `run:<id>`, `conversation:<id>`, or `tenant` for what belongs to the tenant as a whole. Verdicts on
   * anonymous exchanges lie under `anonymous`.
   */
  readonly subject: string;
  /** For example `trim-frontier`, `splice`, `token-ratio`, `framing-key`. */
  readonly kind: string;
  /** JSON. All facts of a conversation are read together, so what is large belongs into blobs. */
  readonly value: unknown;
  /** Position in the order of appending, and wall-clock time in ms since the epoch. */
  readonly sequence: number;
  readonly atMs: number;
}

/**
 * A fact as a guard returns it: its subject is the conversation at hand unless it says `run`. A call of an
 * HTTP tool belongs to no conversation: its facts are about the run, and an anonymous run has no memory.
 */
export interface NewFact {
  readonly kind: string;
  readonly value: unknown;
  readonly about?: "conversation" | "run";
}
