import { beforeAll, describe, expect, it } from "vitest";
import { executors } from "./executors.ts";
import { allCells, measure, type Outcome } from "./measure.ts";
import { readmeTables } from "./readme.ts";
import type { Column } from "./site.ts";
import { situations } from "./situations.ts";
import { outcomesTable } from "./table.ts";

// Some hundred agents on real SDKs, some of them killed, behind a gateway process: the machine may be busy.
const withinMs = 150_000;

let outcomes: readonly Outcome[] = [];
beforeAll(async () => {
  outcomes = await measure(allCells);
}, withinMs);

function at(situation: string, column: Column): readonly Outcome[] {
  return outcomes.filter((one) => one.situation === situation && one.column === column);
}

/** The agent's calls reach Longstop, and something tells the second from one that is meant. */
const withEvidence = [
  "answer lost after the charge",
  "500 after the charge",
  "answer later than the client waits",
  "reset while the tool works",
  "crash while it waits, run again",
];
const seen = situations.filter(({ past }) => !past).map(({ name }) => name);

describe("an order that is charged by", () => {
  it.each(executors.filter(({ keyed }) => !keyed).map(({ name }) => name))(
    "%s is charged twice without Longstop, whatever goes wrong",
    (executor) => {
      const mine = outcomes.filter((one) => one.executor === executor && one.column === "without");
      expect(mine.map(({ effects }) => effects)).toEqual(situations.map(() => 2));
    },
  );

  it("stripe-node before a service that keeps keys is charged twice where another call is made", () => {
    const mine = outcomes.filter((one) => one.executor === "stripe, keyed" && one.column === "without");
    expect(mine.filter(({ effects }) => effects > 1).map(({ situation }) => situation)).toEqual([
      "answer later than the client waits",
      "crash while it waits, run again",
      "crash with the answer, run again",
      "the job delivered twice at once",
      "crash, charged past Longstop, run again",
    ]);
  });
});

describe("with nothing but Longstop's URL", () => {
  it.each(withEvidence)("an order is charged once: %s", (situation) => {
    expect(at(situation, "URL").map(({ effects }) => effects)).toEqual(executors.map(() => 1));
  });

  it("an agent that comes back after its answer was handed over charges again, but for an equal key", () => {
    const doubled = at("reset as the answer comes", "URL").filter(({ effects }) => effects > 1);
    expect(doubled.map(({ executor }) => executor)).toEqual(
      executors.map(({ name }) => name).filter((name) => !name.startsWith("stripe")),
    );
  });
});

describe("under a run and an attempt, the tool irreversible", () => {
  it.each(seen)("an order is charged once: %s", (situation) => {
    expect(at(situation, "named").map(({ effects }) => effects)).toEqual(executors.map(() => 1));
  });
});

it("no agent hears of a success that nobody knows of, and every other one gets the answer", () => {
  for (const one of outcomes.filter(({ column }) => column !== "without")) {
    // Where the service keeps keys the call is sent again, and its answer is the first one's.
    const isKeyed = executors.find(({ name }) => name === one.executor)?.keyed;
    const isLost = ["answer lost after the charge", "500 after the charge"].includes(one.situation);
    const isUnknown = isLost && isKeyed !== true;
    expect(one.heard, JSON.stringify(one)).toMatch(isUnknown ? /^400 outcome_unknown$/ : /^201/);
  }
});

it("the README says what was counted here", () => {
  expect(outcomesTable(outcomes)).toBe(readmeTables()[0]);
});
