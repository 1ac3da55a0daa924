// npm run bench:ledger -- [options]: see options.ts. What it costs to have every effect on disk before and after
// its dispatch, beside the same gateway with effects off. Ends with 1 where anything went wrong or a bar is
// not reached.
import { writeFile } from "node:fs/promises";
import { barsTable, judge } from "../bars.ts";
import type { Cell } from "../cell.ts";
import { findCores } from "../cores.ts";
import { machineLines, readMachine } from "../machine.ts";
import { loadCore, subjectCore } from "../processes.ts";
import { phaseTables } from "../report.ts";
import { coresFault, isInstalled, missingOf, moveToCore, takePriority } from "../requirements.ts";
import { session } from "../session.ts";
import { ledgerBars } from "./bars.ts";
import { ledgerUsage, readLedgerOptions, type LedgerOptions } from "./options.ts";
import { phases } from "./phases.ts";
import { ledgerSubjects, storeNames } from "./subjects.ts";

const subjects = ledgerSubjects(storeNames, null);
const titles = Object.fromEntries(subjects.map(({ name, title }) => [name, title]));

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
  const machine = readMachine(subjects);
  console.log(machineLines(machine));
  console.log(`Gateway on core ${subjectCore}; load, tool and bench on core ${loadCore}.\n`);

  const cells: Cell[] = [];
  for (const phase of options.phases) {
    cells.push(...(await phases[phase]({ folder, options })));
    console.log(phaseTables(cells, phase, titles));
  }
  const outcomes = (options.bars ? ledgerBars : [])
    .map((bar) => judge(bar, cells))
    .filter(({ value }) => options.isFull || !Number.isNaN(value));
  if (outcomes.length > 0) console.log(`${barsTable(outcomes, titles)}\n`);
  if (options.json !== null) {
    const written = { at: new Date().toISOString(), machine, options, cells, bars: outcomes };
    await writeFile(options.json, `${JSON.stringify(written, null, 1)}\n`);
  }
  const failed = cells.filter(({ errors }) => errors > 0);
  for (const { subject, phase, scenario, repeat, errors, faults = [] } of failed) {
    const first = faults.map((fault) => `\n  ${fault}`).join("");
    console.error(
      `${titles[subject]}: ${errors} errors in ${phase}, ${scenario}, repeat ${repeat + 1}${first}`,
    );
  }
  return failed.length === 0 && outcomes.every(({ isReached }) => isReached);
}

process.exitCode = await session("bench:ledger", ledgerUsage, (args, folder) =>
  bench(readLedgerOptions(args, storeNames), folder),
);
