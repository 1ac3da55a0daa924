import { expect, it } from "vitest";
import { runsJson, runsTable, verdictWords } from "../../src/cli/runs-list.ts";
import type { RunRow } from "../../src/ledger/ledger.ts";

const start = Date.UTC(2026, 10, 30, 9, 8, 7);
const row: RunRow = {
  tenant: "local",
  run: "order-7",
  claims: 3,
  inDoubt: 1,
  verdicts: { rewrite: 5, block: 2 },
  reported: 3,
  firstAtMs: start,
  lastAtMs: start + 61_000,
  closedAtMs: null,
};

it("stand in columns", () => {
  const closed = { ...row, run: "r", claims: 0, inDoubt: 0, verdicts: {}, reported: 0, closedAtMs: start };
  const times = "2026-11-30T09:08:07Z  2026-11-30T09:09:08Z";
  expect(runsTable([row, closed]).split("\n")).toEqual([
    "RUN      TENANT  FIRST                 LAST                  CLAIMS  IN DOUBT  " +
      "VERDICTS                              CLOSED",
    `order-7  local   ${times}  3       1         2 block, 5 rewrite (3 only reported)  -`,
    `r        local   ${times}  0       0         -                                     2026-11-30T09:08:07Z`,
    "",
  ]);
  expect(verdictWords({ verdicts: { block: 1 }, reported: 0 })).toBe("1 block");
});

it("show nothing that a terminal would act on, and the name of a run whole", () => {
  const run = `evil\u001b[2J\n${"x".repeat(300)}`;
  const [, line = "", ...rest] = runsTable([{ ...row, run, tenant: `t\u202e${"y".repeat(100)}` }]).split(
    "\n",
  );
  expect(rest).toEqual([""]);
  expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(line).toContain(`evil\\u001b[2J\\u000a${"x".repeat(300)}  t\\u202e`);
});

it("are one JSON object a line for programs", () => {
  expect(runsJson([row, row]).split("\n")).toHaveLength(3);
  expect(JSON.parse(runsJson([row]))).toEqual({
    run: "order-7",
    tenant: "local",
    firstAt: "2026-11-30T09:08:07.000Z",
    lastAt: "2026-11-30T09:09:08.000Z",
    claims: 3,
    inDoubt: 1,
    verdicts: { rewrite: 5, block: 2 },
    reported: 3,
    closedAt: null,
  });
});
