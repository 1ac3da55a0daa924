import { parseArgs } from "node:util";
import { chosen, positive, whole } from "../options.ts";

export const ledgerPhases = ["effects", "syncs"] as const;
export type LedgerPhase = (typeof ledgerPhases)[number];

export interface LedgerOptions {
  readonly phases: readonly LedgerPhase[];
  /** Connections of the load, one scenario each. */
  readonly connections: readonly number[];
  /** Names of stores; the proxy with effects off is always there. */
  readonly only: readonly string[];
  /** What is added to each sync, ms; 0 leaves syncs as they are. One scenario each. */
  readonly syncsMs: readonly number[];
  readonly repeats: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly quietWaitSeconds: number;
  readonly priority: boolean;
  /** The ledger's thread shares the core of the gateway's main thread. */
  readonly oneCore: boolean;
  readonly bars: boolean;
  /** Nothing was left out, so a bar that was not measured is not reached. */
  readonly isFull: boolean;
  readonly json: string | null;
}

export const ledgerUsage = `npm run bench:ledger -- [options]

  --phases LIST         of ${ledgerPhases.join(", ")} (default: all)
  --connections LIST    of the load (default: 1,16,64,256)
  --only LIST           stores, of sqlite, postgres (default: all)
  --syncs-ms LIST       ms that each sync takes longer in the phase syncs; 0 is as it is (default: 0,2)
  --repeats N           turns of each (default: 3)
  --seconds N           length of one turn (default: 3)
  --warm-seconds N      full load before a gateway is measured, while its code is compiled (default: 12)
  --quiet-wait N        seconds that a turn waits at most until others leave the cores alone (default: 2)
  --priority            run before the programs of other sessions (Linux autogroup; needs root, and setsid -w)
  --one-core            all of a gateway on one core, its ledger's thread too (no bars)
  --no-bars             measure only
  --json FILE           write every cell

The databases are in the folder for temporary files: TMPDIR says on which disk.
`;

/** Reads the command line; throws a sentence that says what is wrong. */
export function readLedgerOptions(args: readonly string[], stores: readonly string[]): LedgerOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      phases: { type: "string", default: ledgerPhases.join(",") },
      connections: { type: "string", default: "1,16,64,256" },
      only: { type: "string", default: stores.join(",") },
      "syncs-ms": { type: "string", default: "0,2" },
      repeats: { type: "string", default: "3" },
      seconds: { type: "string", default: "3" },
      "warm-seconds": { type: "string", default: "12" },
      "quiet-wait": { type: "string", default: "2" },
      priority: { type: "boolean", default: false },
      "one-core": { type: "boolean", default: false },
      bars: { type: "boolean", default: true },
      json: { type: "string" },
    },
    allowNegative: true,
  });
  const partial = ["phases", "connections", "only", "syncs-ms"] as const;
  return {
    phases: chosen("--phases", values.phases, ledgerPhases),
    connections: values.connections.split(",").map((text) => whole("--connections", text)),
    only: chosen("--only", values.only, stores),
    syncsMs: values["syncs-ms"].split(",").map((text) => positive("--syncs-ms", text, 0)),
    repeats: whole("--repeats", values.repeats),
    seconds: positive("--seconds", values.seconds),
    warmSeconds: positive("--warm-seconds", values["warm-seconds"]),
    quietWaitSeconds: positive("--quiet-wait", values["quiet-wait"], 0),
    priority: values.priority,
    oneCore: values["one-core"],
    bars: values.bars && !values["one-core"],
    isFull: partial.every((name) => !args.some((arg) => arg.startsWith(`--${name}`))),
    json: values.json ?? null,
  };
}
