import { expect, it } from "vitest";
import { findPasses, passesJson, passesTable } from "../../src/cli/passes-list.ts";
import { openBoth } from "./ledgers.ts";
import { tellPasses } from "./told.ts";

const start = Date.UTC(2026, 10, 30);

it("adds up all that the ledger still has, however many facts that are", async () => {
  const { gateway, operator } = await openBoth({ nowMs: start });
  expect(passesTable(await findPasses(operator))).toBe("No pass was counted.\n");
  for (let i = 0; i < 1001; i++) await tellPasses(gateway, start + i, 2);
  const passes = await findPasses(operator);
  expect(passesTable(passes)).toBe(
    "GUARD   MODE     MOMENT  PASSES\nbudget  enforce  prompt  2002\nCounted since 2026-11-30T00:00:00Z.\n",
  );
  expect(JSON.parse(passesJson(passes))).toEqual({
    guard: "budget",
    mode: "enforce",
    moment: "prompt",
    count: 2002,
    since: "2026-11-30T00:00:00.000Z",
  });
});
