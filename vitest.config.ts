import { existsSync, mkdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const report = process.env["LONGSTOP_TEST_REPORT"];

function isMemory(folder: string): boolean {
  return statfsSync(folder).type === 0x01021994;
}

/** Where tests put their ledgers: on a disk, because a ledger refuses to live in memory (tmpfs). */
function diskFolder(): string {
  const found = [tmpdir(), "/var/tmp"].find((folder) => existsSync(folder) && !isMemory(folder));
  if (found !== undefined) return found;
  const folder = join(import.meta.dirname, "node_modules", ".tmp");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Files of which each needs a process of its own: they measure memory, or keep both cores busy for long.
 * All others share two processes, because to start one and to load the sources again takes longer than most
 * files run. So they must leave nothing behind: no environment, no timers, no servers.
 */
const apart = ["test/{faults,fuzz,robustness}/**/*.test.ts", "test/proxy/report-once.test.ts"];

/** Files that take longest, the longest first. One that began last would run while the other core rests. */
const long = [
  "faults/simulation",
  "faults/simulated-turns",
  "faults/turns/",
  "ledger/postgres/several-gateways",
  "robustness/leaks",
  "examples/crash-and-resume",
  "robustness/cut-streams",
  "clients/",
  "ledger/postgres/",
  "ledger/sqlite/",
  "end-to-end/",
  "cli/run-under",
];

/** Files that share processes come one after another: anything else in between would end those. */
function placeOf({ project, moduleId }: TestSpecification): number {
  const found = long.findIndex((name) => moduleId.includes(`/test/${name}`));
  const index = found === -1 ? long.length : found;
  return project.name === "apart" ? index - 2 * long.length : index;
}

/** Beside what is known to be long, the larger first, or what took longer the last time, as ever. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((one, other) => placeOf(one) - placeOf(other));
  }
}

export default defineConfig({
  test: {
    env: {
      TMPDIR: diskFolder(),
      // Tests start hundreds of gateways, each with a worker that owns its ledger: Node strips the types of
      // their files and compiles them once, not each time.
      NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules", ".cache", "node-compile"),
    },
    // A PostgreSQL server for the whole run, started when a test first asks for it.
    globalSetup: ["test/ledger/postgres/shared-server.ts"],
    testTimeout: 20_000,
    // Tests that run at the same time mostly wait: for clients that ask again, for limits on time.
    maxConcurrency: 12,
    hookTimeout: 30_000,
    // Two cores everywhere that this runs: more workers only take turns.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: "apart", include: apart } },
      {
        extends: true,
        test: { name: "together", include: ["test/**/*.test.ts"], exclude: apart, isolate: false },
      },
    ],
    // A second, machine-readable report of the same run, for whoever counts.
    ...(report === undefined ? {} : { reporters: ["default", ["json", { outputFile: report }]] }),
  },
});
