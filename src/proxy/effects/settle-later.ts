import type { Log } from "../../exchange/log.ts";
import type { Fence, Ledger, Settlement } from "../../ledger/ledger.ts";
import type { Clock } from "../clock.ts";

/** What is written later, is written with. */
export interface LaterPorts {
  readonly ledger: Pick<Ledger, "settle">;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Log;
}

/** Waits between tries, ms: the last one again and again. */
const waitsMs = [250, 500, 1000, 2000, 5000] as const;
/** About ten minutes of tries; a ledger that is down longer is an operator's matter. */
const triesMax = 120;
/** So often an answer is tried to be kept before its outcome goes without it: almost two seconds. */
const bodyTriesMax = 3;

/**
 * Writes an outcome that could not be written at once, as soon as the ledger is back. Until then
 * the operation counts as running; its caller was told that the outcome is unknown. `storeBody` stores the
 * answer that the settlement names, in case that was what could not be written: a ledger that comes back
 * between the two must not lose it. Resolves when it was written, when somebody else ended the operation,
 * or when it is given up. Never rejects.
 */
export async function settleLater(
  engine: LaterPorts,
  fence: Fence,
  settlement: Settlement,
  storeBody: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  for (let i = 0; i < triesMax; i++) {
    await wait(engine, i);
    const isKept = await stores(engine, fence.id, storeBody);
    // An outcome without its answer is better than none: a later call hears that it is not kept.
    if (!isKept && i < bodyTriesMax - 1) continue;
    try {
      const { applied } = await engine.ledger.settle(fence, settlement);
      engine.log.info("outcome recorded late", { operation: fence.id, state: settlement.state, applied });
      return;
    } catch (cause) {
      engine.log.debug("outcome still not recorded", { operation: fence.id, cause });
    }
  }
  engine.log.error("outcome given up", { operation: fence.id, state: settlement.state });
}

/**
 * Keeps an answer whose outcome is written and which could not be stored beside it, for whoever asks for it
 * again. Resolves when it is stored or given up. Never rejects.
 */
export async function storeLater(
  engine: Omit<LaterPorts, "ledger">,
  operation: string,
  storeBody: () => Promise<unknown>,
): Promise<void> {
  for (let i = 0; i < bodyTriesMax; i++) {
    await wait(engine, i);
    if (await stores(engine, operation, storeBody))
      return engine.log.info("answer recorded late", { operation });
  }
  engine.log.warn("answer given up", { operation });
}

function wait({ clock }: Pick<LaterPorts, "clock">, tries: number): Promise<void> {
  return clock.sleep(waitsMs[Math.min(tries, waitsMs.length - 1)] as number);
}

async function stores(
  { log }: Pick<LaterPorts, "log">,
  operation: string,
  storeBody: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await storeBody();
    return true;
  } catch (cause) {
    log.debug("answer still not recorded", { operation, cause });
    return false;
  }
}
