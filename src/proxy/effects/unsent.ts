import { LongstopError } from "../../exchange/error.ts";

/**
 * Asks the ledger before anything was sent. Where it does not answer, the caller is told that nothing was;
 * what refuses the call itself stays as it is.
 */
export async function orUnsent<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof LongstopError && cause.code === "unrequested") throw cause;
    if (cause instanceof LongstopError && cause.code === "ledger_unconfirmed") throw unconfirmed(cause);
    throw new LongstopError(
      "ledger_down",
      "The ledger cannot be written, so this call was not dispatched. Nothing was sent.",
      { cause, retryAfterSeconds: 5 },
    );
  }
}

/** What a caller is told while the ledger is not the one that it was; the log says which one that is. */
function unconfirmed(cause: LongstopError): LongstopError {
  return new LongstopError(
    cause.code,
    "The ledger is not the one that it was, and what it does not know may have been executed, so this call " +
      "was not dispatched. Nothing was sent. It goes on once an operator has run longstop ledger confirm.",
    { cause, retryAfterSeconds: cause.retryAfterSeconds ?? 60 },
  );
}
