import type { Fence, Settlement } from "../../ledger/ledger.ts";
import type { Engine } from "../engine.ts";

/** Waits between tries, ms: the last one again and again. */
const waitsMs = [250, 500, 1000, 2000, 5000] as const;
/** About ten minutes of tries; a ledger that is down longer is an operator's matter. */
const triesMax = 120;

/**
 * Writes an outcome that could not be written at once, as soon as the ledger is back. Until then
 * the operation counts as running; its caller was told that the outcome is unknown. `storeBody` stores the
 * answer that the settlement names, in case that was what could not be written. Resolves when
 * it was written, when somebody else ended the operation, or when it is given up. Never rejects.
 */
export async function settleLater(
  engine: Engine,
  fence: Fence,
  settlement: Settlement,
  storeBody: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  for (let i = 0; i < triesMax; i++) {
    await engine.clock.sleep(waitsMs[Math.min(i, waitsMs.length - 1)] as number);
    try {
      // An outcome without its answer is better than none: a later call hears that it is not kept.
      await storeBody().catch((cause: unknown) => {
        engine.log.debug("answer still not recorded", { operation: fence.id, cause });
      });
      const { applied } = await engine.ledger.settle(fence, settlement);
      engine.log.info("outcome recorded late", { operation: fence.id, state: settlement.state, applied });
      return;
    } catch (cause) {
      engine.log.debug("outcome still not recorded", { operation: fence.id, cause });
    }
  }
  engine.log.error("outcome given up", { operation: fence.id, state: settlement.state });
}
