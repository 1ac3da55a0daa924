/**
 * Every failure that a caller can meet: its stable code and the HTTP status that goes with it.
 * Only 400, 402, 403, 404 and 413 are retried by no client, so whatever must not be repeated has
 * one of these; 429 and 503 mean that nothing was sent.
 */
export const errorStatus = {
  // the request
  request_malformed: 400,
  request_too_large: 413,
  route_unknown: 404,
  upgrade_refused: 400,
  header_conflict: 400,
  stateful_refused: 400,
  key_reused: 422,
  // the caller
  key_missing: 401,
  key_unknown: 401,
  key_expired: 401,
  key_disabled: 401,
  key_misplaced: 400,
  route_forbidden: 403,
  requests_too_many: 429,
  concurrent_too_many: 429,
  // the guards
  call_refused: 400,
  call_refused_by_policy: 403,
  tool_choice_refused: 400,
  prompt_refused: 400,
  run_repeating: 400,
  run_limit_reached: 400,
  run_closed: 400,
  run_paused: 400,
  run_diverged: 400,
  reply_refused: 400,
  guard_failed: 400,
  // what the API of a tool takes
  arguments_invalid: 400,
  operation_unknown: 400,
  arguments_unchecked: 400,
  // effects
  outcome_unknown: 400,
  answer_incomplete: 400,
  answer_expired: 400,
  answer_unreadable: 400,
  operation_abandoned: 400,
  held_by_doubt: 400,
  unrequested: 400,
  ledger_down: 503,
  ledger_unconfirmed: 503,
  shutting_down: 503,
  held_too_much: 400,
  deadline_exceeded: 400,
  exchange_cancelled: 400,
  // the upstream
  upstream_unreachable: 503,
  upstream_timeout: 400,
  upstream_cut: 502,
  upstream_unreadable: 502,
  upstream_encoding: 502,
  internal: 500,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorStatus;

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Overrides the status of the code: a timeout is 504 only where a retry can attach. */
  readonly status?: number;
  /** Seconds, at most 60: only for what was surely not sent. */
  readonly retryAfterSeconds?: number;
  /**
   * Overrides what the status says (429, 503 and 504 are retryable): true for a model's answer that a client
   * would ask for again by itself if this gateway were not there.
   */
  readonly retryable?: boolean;
  /** More fields for the error body, such as `operation` or `faults`. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** A failure with a stable code for programs, one sentence for the caller, the cause for the log. */
export class LongstopError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  /** True where sending the same request again is safe and may help. */
  readonly retryable: boolean;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, sentence: string, options: ErrorOptions = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LongstopError";
    this.code = code;
    this.status = options.status ?? errorStatus[code];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.retryable = options.retryable ?? (this.status === 429 || this.status === 503 || this.status === 504);
    this.detail = options.detail ?? {};
  }

  /** What to tell the caller about anything thrown: its own words if it is ours, else nothing. */
  static from(thrown: unknown): LongstopError {
    if (thrown instanceof LongstopError) return thrown;
    return new LongstopError("internal", "The gateway failed. The operator's log has the details.", {
      cause: thrown,
    });
  }
}
