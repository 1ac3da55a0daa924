import type { ClaimRecord } from "../../ledger/ledger.ts";
import type { Engine } from "../engine.ts";

/** How often, and how many times, it is looked whether an answer was handed over, ms. */
const lookEveryMs = 50;
const looksMax = 10;

/**
 * True where another gateway hands over the answer of an operation at this moment. Only that one knows
 * whether its client is still there; the ledger knows once the client has it.
 */
export async function isHandedOver(
  { ledger, clock }: Pick<Engine, "ledger" | "clock">,
  { id }: Pick<ClaimRecord, "id">,
): Promise<boolean> {
  for (let looks = 0; looks < looksMax; looks++) {
    if ((await ledger.read(id))?.delivered === true) return true;
    await clock.sleep(lookEveryMs);
  }
  return false;
}
