import { expect, it } from "vitest";
import { knownRun, RunError } from "../../src/cli/known-run.ts";
import { openBoth } from "./ledgers.ts";
import { tellVerdict } from "./told.ts";

it("finds a run by its name, and asks whose where several tenants have one", async () => {
  const { gateway, operator } = await openBoth({ nowMs: 1000 });
  await tellVerdict(gateway, "r");
  expect(await knownRun(operator, "r", undefined)).toMatchObject({ run: "r", tenant: "local" });
  await tellVerdict(gateway, "r", {}, "acme");
  const several = knownRun(operator, "r", undefined);
  await expect(several).rejects.toThrow(RunError);
  await expect(several).rejects.toThrow(
    /Several tenants have a run r: (acme, local|local, acme)\. Say which/,
  );
  expect(await knownRun(operator, "r", "acme")).toMatchObject({ tenant: "acme" });
});

it("shows nothing that a terminal would act on where there is no such run", async () => {
  const { operator } = await openBoth({ nowMs: 1000 });
  await expect(knownRun(operator, "a\u001b[2J", "t\n")).rejects.toThrow(
    "There is no run a\\u001b[2J of the tenant t\\u000a in the ledger.",
  );
});
