import { expect, it } from "vitest";
import { resumedWords, resumeRun } from "../../src/cli/run-resume.ts";
import { timelineOf } from "../../src/cli/run-timeline.ts";
import { type DivergenceFact, factKinds, subjectOfRun } from "../../src/exchange/run-facts.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openBoth } from "./ledgers.ts";

const start = Date.UTC(2026, 10, 30);
const resuming = { run: "r", tenant: undefined, attempt: undefined, reason: undefined, user: "ada" };

async function diverge(ledger: Ledger, attempt: string | null): Promise<void> {
  const value: DivergenceFact = {
    attempt,
    turn: "t2",
    recorded: "t1",
    message: 3,
    parameters: ["tools"],
    exchange: "x",
  };
  await ledger.append([{ tenant: "local", subject: subjectOfRun("r"), kind: factKinds.divergence, value }]);
}

it("decides about the attempt that went another way last, or the one that is named", async () => {
  const { gateway, operator } = await openBoth({ nowMs: start });
  await diverge(gateway, "a");
  await diverge(gateway, "b");
  const last = await resumeRun(operator, { ...resuming, decision: "accept", reason: " looked\u001b " });
  expect(last).toEqual({ run: "r", tenant: "local", attempt: "b", decision: "accept" });
  expect(resumedWords(last)).toContain("the attempt b of the run r (tenant local). Its effects are executed");
  const named = await resumeRun(operator, { ...resuming, attempt: "a", decision: "fail" });
  expect(resumedWords(named)).toContain("None of its effects is executed any more.");
  const facts = await gateway.facts("local", subjectOfRun("r"), factKinds.runResumed);
  expect(facts.map(({ value }) => value)).toEqual([
    { attempt: "b", decision: "accept", by: "ada", reason: "looked\\u001b" },
    { attempt: "a", decision: "fail", by: "ada", reason: null },
  ]);
});

it("decides about an attempt without a name, and is shown with what it was about", async () => {
  const { gateway, operator } = await openBoth({ nowMs: start });
  await diverge(gateway, null);
  const resumed = await resumeRun(operator, { ...resuming, decision: "accept" });
  expect(resumedWords(resumed)).toContain("about the attempt without a name");
  const { entries } = await timelineOf(operator, { tenant: "local", run: "r", limit: 9, skip: 0 }, start);
  expect(entries.map(({ what, words }) => `${what}: ${words}`)).toEqual([
    "diverged: from message 3 on, and in tools: turn t2 where turn t1 was recorded",
    "resumed: accept by ada",
  ]);
});

it("decides nothing where nothing waits", async () => {
  const { gateway, operator } = await openBoth({ nowMs: start });
  const accept = { ...resuming, decision: "accept" } as const;
  await expect(resumeRun(operator, accept)).rejects.toThrow("There is no run r");
  await gateway.append([{ tenant: "local", subject: subjectOfRun("r"), kind: factKinds.attempt, value: {} }]);
  await expect(resumeRun(operator, accept)).rejects.toThrow("No attempt of the run r has gone another way");
  await diverge(gateway, "a");
  await expect(resumeRun(operator, { ...accept, attempt: "b" })).rejects.toThrow(
    "The attempt b of the run r has not gone another way",
  );
  expect(await gateway.facts("local", subjectOfRun("r"), factKinds.runResumed)).toEqual([]);
});
