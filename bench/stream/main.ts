// npm run bench:stream -- [options]: see options.ts. What it costs to record streams, beside the same gateway that
// records none, and how late the events of a stream are that is followed from another gateway. Ends with 1 where
// anything went wrong or a bar is not reached.
import type { Cell } from "../cell.ts";
import { conclude } from "../conclude.ts";
import { findCores } from "../cores.ts";
import { machineLines, readMachine } from "../machine.ts";
import { openFilesMax } from "../proc.ts";
import { loadCore, subjectCore } from "../processes.ts";
import { phaseTables } from "../report.ts";
import {
  coresFault,
  isInstalled,
  missingOf,
  moveToCore,
  streamsFault,
  takePriority,
} from "../requirements.ts";
import { session } from "../session.ts";
import { streamBars } from "./bars.ts";
import { readStreamOptions, streamUsage, type StreamOptions } from "./options.ts";
import { phases } from "./phases.ts";
import { replicaTitles } from "./replicas.ts";
import { turnTitles } from "./subjects.ts";

const titles = { ...turnTitles, ...replicaTitles };

function requireMachine({ phases: chosen, concurrent }: StreamOptions): void {
  const needed = ["taskset", "wrk", ...(chosen.includes("short") ? ["nginx"] : [])];
  const faults = [
    ...missingOf(needed, isInstalled),
    chosen.includes("slow") ? streamsFault(concurrent, openFilesMax()) : null,
    coresFault(findCores()),
  ];
  const said = faults.filter((fault) => fault !== null);
  if (said.length > 0) throw new Error(said.join("\n              "));
}

async function bench(options: StreamOptions, folder: string): Promise<boolean> {
  requireMachine(options);
  moveToCore(loadCore);
  if (options.priority) takePriority();
  const machine = readMachine([]);
  console.log(machineLines(machine));
  console.log(
    `Gateway with its ledger's thread on core ${subjectCore}; load, mock and bench on core ${loadCore}.\n`,
  );
  const cells: Cell[] = [];
  for (const phase of options.phases) {
    cells.push(...(await phases[phase]({ folder, options })));
    console.log(phaseTables(cells, phase, titles));
  }
  return conclude({ cells, bars: streamBars, titles, machine, options });
}

process.exitCode = await session("bench:stream", streamUsage, (args, folder) =>
  bench(readStreamOptions(args), folder),
);
