import { expect, it } from "vitest";
import { closedSince, closedWords, closeKnown, closeRun } from "../../src/cli/run-close.ts";
import { factKinds, subjectOfRun } from "../../src/exchange/run-facts.ts";
import { openBoth } from "./ledgers.ts";
import { tellVerdict } from "./told.ts";

const start = Date.UTC(2026, 10, 30);
const closing = { run: "r", tenant: undefined, reason: undefined, user: "ada" };

it("closes a run once, with who and why, beside a running gateway", async () => {
  const clock = { nowMs: start };
  const { gateway, operator } = await openBoth(clock);
  await tellVerdict(gateway, "r");
  const first = await closeRun(operator, { ...closing, reason: " went\u001b wild " });
  expect(first).toEqual({ run: "r", tenant: "local", closedAtMs: start, now: true });
  expect(closedWords(first)).toContain("The run r (tenant local) is closed.");
  clock.nowMs += 5000;
  const again = await closeRun(operator, closing);
  expect(again).toEqual({ ...first, now: false });
  expect(closedWords(again)).toBe("The run r (tenant local) was closed already, at 2026-11-30T00:00:00Z.\n");
  const facts = await gateway.facts("local", subjectOfRun("r"), factKinds.runClosed);
  expect(facts.map(({ value }) => value)).toEqual([{ by: "ada", reason: "went\\u001b wild" }]);
});

it("closes nothing that is not there: a name may be mistyped", async () => {
  const { gateway, operator } = await openBoth({ nowMs: start });
  await tellVerdict(gateway, "r", {}, "acme");
  await expect(closeRun(operator, { ...closing, tenant: "local" })).rejects.toThrow("There is no run r");
  expect(await gateway.listRuns({ limit: 10 })).toMatchObject([{ tenant: "acme", closedAtMs: null }]);
});

it("closes a run of a known tenant before anything is written about it", async () => {
  const clock = { nowMs: start };
  const { operator } = await openBoth(clock);
  const known = { ...closing, tenant: "acme" };
  expect(await closedSince(operator, "acme", "r")).toBeNull();
  expect(await closeKnown(operator, known)).toMatchObject({ tenant: "acme", closedAtMs: start, now: true });
  clock.nowMs += 5000;
  expect(await closeKnown(operator, known)).toMatchObject({ closedAtMs: start, now: false });
  expect(await closedSince(operator, "acme", "r")).toBe(start);
  expect(await closedSince(operator, "local", "r")).toBeNull();
});
