import { LongstopError } from "../../exchange/error.ts";
import type { ClaimRecord, Settlement } from "../../ledger/ledger.ts";
import { settleLater } from "./settle-later.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/** Ends a claim of which nothing was sent, for a reason in one sentence. Never rejects. */
export async function giveBack(
  { engine }: Pick<ToolExchange, "engine">,
  record: ClaimRecord,
  reason: string,
): Promise<void> {
  const { id, epoch, nonce } = record;
  const settlement: Settlement = { state: "not-sent", reason };
  try {
    await engine.ledger.settle({ id, epoch, nonce }, settlement);
  } catch (cause) {
    engine.log.warn("effect not given back at once", { operation: id, cause });
    void settleLater(engine, { id, epoch, nonce }, settlement);
  }
}

/** Asks the ledger about a claimed call before it is sent; where it does not answer, the claim goes back. */
export async function askedBefore<Answer>(
  exchange: Pick<ToolExchange, "engine">,
  record: ClaimRecord,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    await giveBack(exchange, record, "the ledger could not be read before it was sent");
    throw new LongstopError(
      "ledger_down",
      "The ledger cannot be read, so this call was not dispatched. Nothing was sent.",
      { cause, retryAfterSeconds: 5 },
    );
  }
}
