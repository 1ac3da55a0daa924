import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";

function count(report: unknown): { line: string; status: number | null } {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "report-")), "tests.json");
  if (report !== undefined) writeFileSync(file, JSON.stringify(report));
  const done = spawnSync(process.execPath, ["scripts/count-tests.ts", file], { encoding: "utf8" });
  return { line: done.stdout, status: done.status };
}

const clean = { numPassedTests: 12, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1, testResults: [] };

describe("the count of tests", () => {
  it("says in one line what the report says", () => {
    expect(count(clean)).toEqual({ line: "tests: 12 passed, 0 failed, 2 skipped\n", status: 0 });
  });

  it.each([
    ["a failed test", { ...clean, numFailedTests: 1 }, "tests: 12 passed, 1 failed, 2 skipped\n"],
    [
      "a file that could not run",
      { ...clean, testResults: [{ status: "failed", assertionResults: [] }] },
      "tests: 12 passed, 1 failed, 2 skipped\n",
    ],
    ["no test at all", { ...clean, numPassedTests: 0 }, "tests: 0 passed, 0 failed, 2 skipped\n"],
    ["no report", undefined, "tests: 0 passed, 0 failed, 0 skipped\n"],
  ])("fails after %s", (_, report, line) => {
    expect(count(report)).toEqual({ line, status: 1 });
  });
});
