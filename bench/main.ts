// npm run bench -- [options]: see options.ts. What Longstop costs, beside what stands in its place, in turns
// within one run. Ends with 1 where anything went wrong or a bar is not reached.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { bars } from "./bars.ts";
import type { Cell } from "./cell.ts";
import { conclude } from "./conclude.ts";
import { findCores } from "./cores.ts";
import { machineLines, readMachine } from "./machine.ts";
import { readOptions, usage, type Options, type PhaseName } from "./options.ts";
import { concurrent } from "./phases/concurrent.ts";
import { firstEvent } from "./phases/first-event.ts";
import { latency } from "./phases/latency.ts";
import { streams } from "./phases/streams.ts";
import { throughput } from "./phases/throughput.ts";
import { openFilesMax } from "./proc.ts";
import { loadCore, subjectCore } from "./processes.ts";
import { phaseTables } from "./report.ts";
import {
  coresFault,
  isInstalled,
  missingPrograms,
  moveToCore,
  openFilesFault,
  takePriority,
} from "./requirements.ts";
import { session } from "./session.ts";
import { isMissing, subjects, type Subject } from "./subjects.ts";
import type { Bench } from "./turns.ts";

const phases: Readonly<Record<PhaseName, (bench: Bench) => Promise<Cell[]>>> = {
  throughput,
  streams,
  "first-event": firstEvent,
  concurrent,
  latency,
};

const titles = Object.fromEntries(subjects.map(({ name, title }) => [name, title]));

function requireMachine(options: Options): void {
  const faults = [
    ...missingPrograms(options, isInstalled),
    openFilesFault(options, openFilesMax()),
    coresFault(findCores()),
  ];
  const said = faults.filter((fault) => fault !== null);
  if (said.length > 0) throw new Error(said.join("\n       "));
}

function installPeers(chosen: readonly Subject[]): void {
  if (!chosen.some(isMissing)) return;
  console.log("Installing the peers of bench/peers (npm ci) …");
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: join(import.meta.dirname, "peers"),
    stdio: "inherit",
  });
}

/** What a peer loses is its own matter, and stands in the table. */
const peers = new Set(subjects.filter(({ peer }) => peer !== null).map(({ name }) => name));

async function bench(options: Options, folder: string): Promise<boolean> {
  requireMachine(options);
  moveToCore(loadCore);
  if (options.priority) takePriority();
  const chosen = subjects.filter(({ name }) => options.only.includes(name));
  installPeers(chosen);
  const machine = readMachine(chosen);
  console.log(machineLines(machine));
  console.log(`Subject on core ${subjectCore}; load, mock and bench on core ${loadCore}.\n`);

  const cells: Cell[] = [];
  for (const phase of options.phases) {
    cells.push(...(await phases[phase]({ folder, options, subjects: chosen })));
    console.log(phaseTables(cells, phase, titles));
  }
  return conclude({ cells, bars, titles, machine, options, forgiven: peers });
}

process.exitCode = await session("bench", usage, (args, folder) => {
  const names = subjects.map(({ name }) => name);
  return bench(readOptions(args, names), folder);
});
