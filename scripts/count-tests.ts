import { existsSync, readFileSync } from "node:fs";

// Says in one line what the test runner's JSON report says, for readers that only count.
// Fails where a test failed, a file could not run, or nothing ran at all.

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const [file = ""] = process.argv.slice(2);
const report = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Report) : undefined;
const passed = report?.numPassedTests ?? 0;
const broken = (report?.testResults ?? []).filter(
  (result) => result.status === "failed" && result.assertionResults.length === 0,
);
const failed = (report?.numFailedTests ?? 0) + broken.length;
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
console.log(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
if (failed > 0 || passed === 0) process.exitCode = 1;
