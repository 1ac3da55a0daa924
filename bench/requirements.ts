import { execFileSync } from "node:child_process";
import { accessSync, constants, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Cores } from "./cores.ts";
import type { Options, StreamScenario } from "./options.ts";

const remedy: Readonly<Record<string, string>> = {
  nginx: "apt-get install nginx",
  wrk: "apt-get install wrk",
  taskset: "apt-get install util-linux",
  strace: "apt-get install strace",
};

/** What the phases need of the machine; a sentence for each thing that is missing. */
export function missingPrograms(
  options: Pick<Options, "phases" | "only">,
  find: (program: string) => boolean,
): readonly string[] {
  const runs = (...names: readonly string[]): boolean =>
    options.phases.some((phase) => names.includes(phase));
  const needed = [
    "taskset",
    ...(runs("throughput", "streams", "latency") ? ["wrk"] : []),
    ...(runs("throughput", "latency") || options.only.includes("nginx") ? ["nginx"] : []),
  ];
  return missingOf(needed, find);
}

/** A sentence with the remedy for each program that is not there. */
export function missingOf(
  programs: readonly string[],
  find: (program: string) => boolean,
): readonly string[] {
  return programs
    .filter((program) => !find(program))
    .map((program) => `${program} is missing. On Debian: ${remedy[program]}`);
}

/** Whether a program is in the path. Distributions put servers where only root's path has them. */
export function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A sentence where a process may not open as many files as the largest scenario takes; else null. */
export function openFilesFault(
  options: Pick<Options, "phases" | "concurrent">,
  filesMax: number,
): string | null {
  return options.phases.includes("concurrent") ? streamsFault(options.concurrent, filesMax) : null;
}

/** The same for scenarios that are measured for certain. */
export function streamsFault(scenarios: readonly StreamScenario[], filesMax: number): string | null {
  const streams = Math.max(...scenarios.map((scenario) => scenario.streams));
  // A proxy has two sockets for each stream; the rest is for its own files.
  const needed = streams * 2 + 500;
  if (filesMax >= needed) return null;
  return `${streams.toLocaleString("en-US")} streams take ${needed} open files in one process, and ${filesMax} are allowed. First: ulimit -n ${needed}`;
}

/** A sentence where there is no second core for the load; else null. */
export function coresFault(cores: Cores | null): string | null {
  if (cores !== null) return null;
  return "The bench takes two cores: one for the subject, one for load and mock; this process may use one.";
}

/** Keeps the bench itself off the subject's core. */
export function moveToCore(core: number): void {
  execFileSync("taskset", ["-a", "-p", "-c", String(core), String(process.pid)], { stdio: "ignore" });
}

/**
 * Lets the kernel prefer this session to others (sched(7), "The autogroup feature"): on a machine that
 * others use, a subject would else have half of its core.
 */
export function takePriority(file = "/proc/self/autogroup"): void {
  try {
    writeFileSync(file, "-20");
  } catch (cause) {
    throw new Error("--priority takes root, and a kernel with autogroup scheduling", { cause });
  }
}
