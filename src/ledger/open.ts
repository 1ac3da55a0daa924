import { stores } from "./index.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerPorts } from "./ledger-store.ts";
import { sealed } from "./sealed.ts";

/** What a configuration says of its ledger. Where it has `encryption`, bodies are sealed. */
interface Chosen {
  readonly kind: string;
  readonly options: unknown;
  readonly encryption?: unknown;
}

/**
 * Opens the ledger that a configuration chose, whatever store that is. `keys` seal its bodies, the
 * newest first; null where they are not at hand.
 */
export async function openLedger(
  { kind: name, options, encryption }: Chosen,
  keys: readonly Uint8Array[] | null,
  ports: LedgerPorts,
): Promise<Ledger> {
  const store = stores.find(({ kind }) => kind === name);
  if (store === undefined) throw new RangeError(`no ledger store is called ${name}`);
  const ledger = await store.open(options, ports);
  if (encryption === undefined) return sealed(ledger, { kind: "plain" });
  return sealed(ledger, keys === null ? { kind: "locked" } : { kind: "sealed", keys });
}
