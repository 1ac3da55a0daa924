import { describe, expect, it } from "vitest";
import { faults } from "./kinds/index.ts";
import { sharedServer } from "../ledger/postgres/shared-server.ts";
import { heading, lineOf, runMatrix, written, type Cell } from "./matrix.ts";

// The whole of it takes minutes: `npm run faults`. This is a cut of it, so that each kind of fault is met in
// every check, and so that the command itself works on the day on which it is needed.
const cut = ["caller/twenty-at-once", "answer/reset-after-the-effect"];

describe("the fault tests, in part", () => {
  it("break no promise", { timeout: 60_000 }, async () => {
    const told: Cell[] = [];
    const cells = await runMatrix({
      faults: faults.filter(({ name }) => cut.includes(name)),
      modes: ["dumb"],
      ledgers: ["sqlite"],
      postgres: sharedServer,
      atOnce: 2,
      onCell: (cell) => void told.push(cell),
    });
    expect(cells.flatMap(({ broken }) => broken)).toEqual([]);
    expect(told).toHaveLength(cut.length);
    const [doubted, crowd] = cells.map(lineOf).sort((a, b) => (a.fault < b.fault ? -1 : 1));
    expect(doubted).toMatchObject({ operations: 4, effects: 4, inDoubt: 4, falseDoubts: 0, answersEqual: 0 });
    expect(crowd).toMatchObject({ operations: 3, effects: 3, inDoubt: 0, answersEqual: 3 });
  });

  it("break none with three gateways on one database", { timeout: 120_000 }, async () => {
    const cells = await runMatrix({
      faults: faults.filter(({ name }) => name === "database/terminated-before-the-outcome"),
      modes: ["dumb"],
      ledgers: ["postgres"],
      postgres: sharedServer,
      atOnce: 1,
      onCell: () => {},
    });
    expect(cells.flatMap(({ broken }) => broken)).toEqual([]);
    expect(cells.map(lineOf)).toMatchObject([
      { ledger: "postgres", operations: 4, effects: 4, answersEqual: 4, inDoubt: 0 },
    ]);
  });

  it("leave no doubt at a tool that can be asked", { timeout: 90_000 }, async () => {
    const cells = await runMatrix({
      faults: faults.filter(({ name }) => name === "answer/reset-after-the-effect"),
      modes: ["lookup"],
      ledgers: ["sqlite"],
      postgres: sharedServer,
      atOnce: 1,
      onCell: () => {},
    });
    expect(cells.flatMap(({ broken }) => broken)).toEqual([]);
    expect(cells.map(lineOf)).toMatchObject([{ operations: 4, effects: 4, answersEqual: 4, inDoubt: 0 }]);
  });

  it("say what is not as it should be, and go on", { timeout: 60_000 }, async () => {
    const fault = faults.find(({ name }) => name === "answer/reset-after-the-effect");
    if (fault === undefined) throw new Error("the fault is gone");
    const wrong = {
      ...fault,
      ways: ["run"] as const,
      expected: () => ({ effects: 0, end: "done" }) as const,
    };
    const failing = {
      ...wrong,
      name: "answer/fails",
      run: () => Promise.reject(new Error("it did not work")),
    };
    const cells = await runMatrix({
      faults: [wrong, failing],
      modes: ["dumb"],
      ledgers: ["sqlite"],
      postgres: sharedServer,
      atOnce: 2,
      onCell: () => {},
    });
    expect(cells.flatMap(({ broken }) => broken).toSorted()).toEqual([
      "it did not work",
      "run-1 (run): it ended in-doubt, and done is right",
      "run-1 (run): it was done 1 times, and 0 are right",
    ]);
  });
});

describe("a line of the table", () => {
  it("stands under its heading", () => {
    const cell: Cell = {
      fault: "kill/before-intent",
      mode: "dumb",
      ledger: "sqlite",
      observed: [],
      broken: [],
      seconds: 1,
    };
    expect(written(lineOf(cell)).length).toBe(heading.length);
  });
});
