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
