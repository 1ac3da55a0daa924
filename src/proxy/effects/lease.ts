import type { Fence } from "../../ledger/ledger.ts";
import type { Engine } from "../engine.ts";

/**
 * Renews a claim three times a lease for as long as its dispatch runs. A renewal that fails is
 * only said: what follows from a lost lease is decided when the outcome is settled. Gives the
 * function that ends it.
 */
export function keepLease(engine: Engine, fence: Fence): () => void {
  const leaseMs = engine.settings.effects.leaseSeconds * 1000;
  let isOver = false;
  const stop = engine.clock.every(leaseMs / 3, () => void renew(engine, fence, leaseMs, () => isOver));
  return () => {
    isOver = true;
    stop();
  };
}

async function renew(
  { ledger, log }: Engine,
  fence: Fence,
  leaseMs: number,
  isOver: () => boolean,
): Promise<void> {
  try {
    const held = await ledger.renew(fence, leaseMs);
    // Who ended it meanwhile knows.
    if (!held && !isOver()) log.warn("lease lost", { operation: fence.id });
  } catch (cause) {
    log.warn("lease not renewed", { operation: fence.id, cause });
  }
}
