import { LongstopError, type ErrorCode } from "../../exchange/error.ts";

/** Primary result codes of SQLite that have a sentence of their own: https://sqlite.org/rescode.html */
const busy = 5;
const locked = 6;
const readOnly = 8;
const ioError = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notADatabase = 26;

const sentences: Readonly<Record<number, string>> = {
  [busy]: "is locked by another process, which did not let go in time",
  [locked]: "is locked by another process, which did not let go in time",
  [readOnly]: "cannot be written to; check who owns the file and its folder",
  [ioError]: "cannot be read or written; check the disk",
  [corrupt]: "is damaged; stop the gateway, then restore a backup or move the file away",
  [full]: "could not grow: the disk is full, or ledger.sizeBytesMax is reached",
  [cannotOpen]: "cannot be opened; check that its folder exists and may be written to",
  [notADatabase]: "is not a ledger, or is damaged; restore a backup, or name another file",
};

/** Seconds after which a caller may ask again: a full or locked ledger seldom recovers sooner. */
const retryAfterSeconds = 5;

/** The same after a loss, where somebody has to decide something first. */
export const unconfirmedSeconds = 60;

export function ledgerDown(sentence: string, cause?: unknown): LongstopError {
  return new LongstopError("ledger_down", sentence, {
    retryAfterSeconds,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** SQLite's primary result code of a failure that `node:sqlite` threw, or null if it is none. */
export function sqliteCode(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !("errcode" in thrown)) return null;
  return typeof thrown.errcode === "number" ? thrown.errcode & 0xff : null;
}

/**
 * Puts whatever was thrown into our words. A failure of the store is `ledger_down`; anything else is
 * a fault of this program and stays `internal`, so that nobody waits for the disk to get better.
 */
export function asFailure(thrown: unknown, file: string): LongstopError {
  if (thrown instanceof LongstopError) return thrown;
  const code = sqliteCode(thrown);
  const sentence = code === null ? undefined : sentences[code];
  if (sentence !== undefined) return ledgerDown(`The ledger ${file} ${sentence}.`, thrown);
  if (isSystemFailure(thrown)) {
    return ledgerDown(`The ledger ${file} cannot be used (${thrown.code}).`, thrown);
  }
  return new LongstopError("internal", "The ledger failed. The operator's log has the details.", {
    cause: thrown,
  });
}

function isSystemFailure(thrown: unknown): thrown is Error & { code: string } {
  return thrown instanceof Error && "syscall" in thrown && "code" in thrown;
}

/** A failure as it travels between threads, where an Error would lose its class and fields. */
export interface Failure {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly cause: string | null;
}

export function packFailure(error: LongstopError): Failure {
  const { cause } = error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : JSON.stringify(cause);
  return { code: error.code, sentence: error.message, cause: text ?? null };
}

export function unpackFailure(failure: Failure): LongstopError {
  return new LongstopError(failure.code, failure.sentence, {
    ...(failure.cause === null ? {} : { cause: failure.cause }),
    ...(failure.code === "ledger_down" ? { retryAfterSeconds } : {}),
    ...(failure.code === "ledger_unconfirmed" ? { retryAfterSeconds: unconfirmedSeconds } : {}),
  });
}
