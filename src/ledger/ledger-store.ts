import type { Ledger } from "./ledger.ts";

/** How a kind of ledger is opened. One file and one line in `index.ts` per store. */
export interface LedgerStore<Options = unknown> {
  readonly kind: string;
  readonly summary: string;
  /** JSON Schema per option, as for guards. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Options without a default, which the configuration must have. Left out: none. */
  readonly required?: readonly string[];
  open(options: Options, ports: LedgerPorts): Promise<Ledger>;
}

export interface LedgerPorts {
  readonly now: () => number;
  readonly newId: () => string;
  readonly report: (sentence: string) => void;
  /** Does work soon, as the event loop has room for it. Left out, it is done at once. */
  readonly soon?: (work: () => void) => void;
  /**
   * `gateway`: may change the schema. Of a store with one owner, what a dead one left running becomes
   * doubt at once; where several share it, only when its lease runs out. `operator`: the command line
   * beside it.
   */
  readonly role: "gateway" | "operator";
  /** By the name of the option that points at it (`{ env }` or `{ file }`). */
  readonly secrets: ReadonlyMap<string, string>;
}
