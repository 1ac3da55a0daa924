// npm run bench:ledger -- [options]: see options.ts. What it costs to have every effect on disk before and after
// its dispatch, beside the same gateway with effects off. Ends with 1 where anything went wrong or a bar is
// not reached.
import type { Cell } from "../cell.ts";
import { conclude } from "../conclude.ts";
import { findCores } from "../cores.ts";
import { machineLines, readMachine } from "../machine.ts";
import { loadCore, subjectCore } from "../processes.ts";
import { phaseTables } from "../report.ts";
import { coresFault, isInstalled, missingOf, moveToCore, takePriority } from "../requirements.ts";
import { session } from "../session.ts";
import { ledgerBars } from "./bars.ts";
import { ledgerUsage, readLedgerOptions, type LedgerOptions } from "./options.ts";
import { phases } from "./phases.ts";
import { startDatabase } from "./database-server.ts";
import { ledgerTitles as titles, storeNames } from "./subjects.ts";

function requireMachine({ phases: chosen }: LedgerOptions): void {
  const needed = ["taskset", "wrk", "nginx", ...(chosen.includes("syncs") ? ["strace"] : [])];
  const faults = [...missingOf(needed, isInstalled), coresFault(findCores())];
  const said = faults.filter((fault) => fault !== null);
  if (said.length > 0) throw new Error(said.join("\n              "));
}

async function bench(options: LedgerOptions, folder: string): Promise<boolean> {
  requireMachine(options);
  moveToCore(loadCore);
  if (options.priority) takePriority();
  const machine = readMachine([]);
  console.log(machineLines(machine));
  const thread = options.oneCore ? "and its ledger's thread on" : "on";
  const shared = options.oneCore ? "" : ", the ledger's thread";
  console.log(`Gateway ${thread} core ${subjectCore}; load, tool, bench${shared} on core ${loadCore}.\n`);

  const cells: Cell[] = [];
  const database = options.only.includes("postgres") ? await startDatabase() : null;
  try {
    for (const phase of options.phases) {
      cells.push(...(await phases[phase]({ folder, options, database })));
      console.log(phaseTables(cells, phase, titles));
    }
  } finally {
    await database?.stop();
  }
  return conclude({ cells, bars: ledgerBars, titles, machine, options });
}

process.exitCode = await session("bench:ledger", ledgerUsage, (args, folder) =>
  bench(readLedgerOptions(args, storeNames), folder),
);
