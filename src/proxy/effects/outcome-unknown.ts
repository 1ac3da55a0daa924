import { LongstopError } from "../../exchange/error.ts";
import type { ClaimRecord } from "../../ledger/ledger.ts";
import { redispatchOf } from "./second-dispatch.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/**
 * What a caller is told while nobody knows whether the operation was executed: that calling again is
 * wrong, or, where a second dispatch cannot have a second effect, that it is right. `sent` is the hash
 * of the call that asks.
 */
export function outcomeUnknown(
  exchange: ToolExchange,
  record: ClaimRecord,
  sent: string,
  upstreamStatus?: number,
): LongstopError {
  const why = clause(record.reason ?? "it was dispatched and no answer came");
  const again = isDispatchedAgain(exchange, record, sent);
  const advice = again
    ? `An equal call is sent again and cannot have a second effect: operation ${record.id} is recorded.`
    : `Do not call again: operation ${record.id} is recorded for review.`;
  const detail = { operation: record.id, ...(again ? { sentAgain: true } : {}) };
  return new LongstopError(
    "outcome_unknown",
    `The outcome of this operation is unknown: ${why}. It may have been executed. ${advice}`,
    { detail: { ...detail, ...(upstreamStatus === undefined ? {} : { upstreamStatus }) } },
  );
}

/** True where a retry of this very call is dispatched, as far as can be said now: the ledger decides. */
function isDispatchedAgain({ engine, terms }: ToolExchange, record: ClaimRecord, sent: string): boolean {
  const redispatch = redispatchOf(terms);
  if (redispatch === null) return false;
  const { withinMs, sameBytes } = redispatch;
  if (withinMs !== null && engine.clock.now() - record.keyAtMs >= withinMs) return false;
  return !sameBytes || record.sent === sent;
}

/** A recorded sentence as a part of another one. */
function clause(reason: string): string {
  return reason.replace(/\.+$/, "");
}
