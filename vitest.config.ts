import { defineConfig } from "vitest/config";

const report = process.env["LONGSTOP_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
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
