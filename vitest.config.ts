import { existsSync, mkdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

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

export default defineConfig({
  test: {
    env: {
      TMPDIR: diskFolder(),
      // Tests start hundreds of gateways, each with a worker that owns its ledger: Node strips the types of
      // their files and compiles them once, not each time.
      NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules", ".cache", "node-compile"),
    },
    include: ["test/**/*.test.ts"],
    // A PostgreSQL server for the whole run, started when a test first asks for it.
    globalSetup: ["test/ledger/postgres/shared-server.ts"],
    testTimeout: 20_000,
    // Tests that run at the same time mostly wait: for clients that ask again, for limits on time.
    maxConcurrency: 12,
    hookTimeout: 30_000,
    // Two cores everywhere that this runs: more workers only take turns.
    maxWorkers: 2,
    // A second, machine-readable report of the same run, for whoever counts.
    ...(report === undefined ? {} : { reporters: ["default", ["json", { outputFile: report }]] }),
  },
});
