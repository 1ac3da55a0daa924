import type { Log } from "../exchange/log.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** How often expired leases and old bodies are looked for, ms. */
const sweepEveryMs = 15_000;

/** Keeps house in the ledger from now on. Gives what stops it. */
export function startSweeping(ledger: Pick<Ledger, "sweep">, log: Log, everyMs = sweepEveryMs): () => void {
  const timer = setInterval(() => void sweep(ledger, log), everyMs);
  return () => clearInterval(timer);
}

async function sweep(ledger: Pick<Ledger, "sweep">, log: Log): Promise<void> {
  try {
    const { doubted, expired } = await ledger.sweep();
    if (doubted > 0) log.warn("effects in doubt", { doubted });
    if (expired > 0) log.debug("ledger swept", { expired });
  } catch (cause) {
    log.warn("ledger not swept", { cause });
  }
}
