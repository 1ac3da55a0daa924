import { LongstopError } from "../../exchange/error.ts";

/** Seconds after which a caller may ask again: a restart or a failover seldom takes less. */
const retryAfterSeconds = 5;

/** The same after a loss, where somebody has to decide something first. */
export const unconfirmedSeconds = 60;

export function ledgerDown(sentence: string, cause?: unknown): LongstopError {
  return new LongstopError("ledger_down", sentence, {
    retryAfterSeconds,
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * The connection ended, or no answer came. What the server made of the last statement is unknown: it
 * may be done, it may not be, and it may be about to be.
 */
export class ConnectionLost extends Error {
  /** True where no connection was had at all: then nothing was sent. */
  readonly nothingSent: boolean;

  constructor(cause: unknown, nothingSent: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.nothingSent = nothingSent;
  }
}

/**
 * SQLSTATE of a failure that the server reported, or null:
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
export function sqlState(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !("code" in thrown) || !("severity" in thrown)) return null;
  return typeof thrown.code === "string" && /^[0-9A-Z]{5}$/.test(thrown.code) ? thrown.code : null;
}

/**
 * True where a server ended the connection (57P01: it was told to; 57P02: it crashed; 57P05: nobody
 * spoke for long; 25P03: nobody went on with a transaction), or class 08. Poolers use that class, too.
 */
export function endsConnection(state: string): boolean {
  return state.startsWith("57P") || state.startsWith("08") || state === "25P03" || state === "25P04";
}

/**
 * True where the server undid a transaction because of what another one did at the same time: two waited
 * for each other, or a record left that a key was to name. It may simply be run again.
 */
export function isUndone(thrown: unknown): boolean {
  return ["40001", "40P01", "23503"].includes(sqlState(thrown) ?? "");
}

/** True where the ledger has come less far than was asked for, or a loss waits to be confirmed. */
export function isBehind(thrown: unknown): boolean {
  return sqlState(thrown) === "LS001";
}

/** What the sentence says, by SQLSTATE, or by the class that is its first two letters. */
const sentences: Readonly<Record<string, string>> = {
  "28": "refused the user or the password; check ledger.url",
  "3D000": "has no such database; check ledger.url",
  "42501": "lets this user not do what the ledger needs; see the permissions in docs/operating.md",
  LS001: "was just put back to an earlier state",
  "42P01": "has lost a table of the ledger; restore a backup, or name another schema (ledger.schema)",
  "25006": "takes no writes: it is a standby, or read-only",
  "53100": "could not grow: its disk is full",
  "53": "has no resources left for this",
  "55P03": "did not let go of a lock in time",
  "57014": "took too long, and was stopped",
  "57": "is shutting down, or starting",
  "58": "cannot read or write its files; check its disk",
  XX: "reports that it is damaged; see its own log",
};

/**
 * Puts whatever was thrown into our words; `place` names the ledger. A failure of the store is
 * `ledger_down`; anything else is a fault of this program and stays `internal`, so that nobody waits
 * for the database to get better.
 */
export function asFailure(thrown: unknown, place: string): Error {
  if (thrown instanceof LongstopError || thrown instanceof RangeError) return thrown;
  const state = sqlState(thrown instanceof ConnectionLost ? thrown.cause : thrown);
  const sentence = state === null ? undefined : (sentences[state] ?? sentences[state.slice(0, 2)]);
  if (sentence !== undefined) return ledgerDown(`The ledger ${place} ${sentence}.`, causeOf(thrown));
  if (thrown instanceof ConnectionLost) {
    return ledgerDown(`The ledger ${place} cannot be reached.`, causeOf(thrown));
  }
  return new LongstopError("internal", "The ledger failed. The operator's log has the details.", {
    cause: thrown,
  });
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof ConnectionLost ? thrown.cause : thrown;
}
