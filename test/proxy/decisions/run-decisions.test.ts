import { describe, expect, it } from "vitest";
import type { Fact } from "../../../src/exchange/fact.ts";
import type { DecisionsFact } from "../../../src/exchange/run-facts.ts";
import { decidedCalls } from "../../../src/proxy/decisions/decided-calls.ts";
import { mappedCalls, type MappedCall } from "../../../src/proxy/decisions/mapped-call.ts";
import { type Decision, RunDecisions } from "../../../src/proxy/decisions/run-decisions.ts";

let sequence = 0;
type Called = readonly [name: string, members: object];

function fact(turn: string, calls: readonly Called[], more: Partial<DecisionsFact> = {}): Fact {
  const made = calls.map(([name, members], place) => ({
    id: `${turn}.${place}`,
    name,
    kind: "function" as const,
    argumentsText: JSON.stringify(members),
  }));
  const value = {
    turn,
    epoch: 1,
    stage: null,
    attempt: "a",
    calls: decidedCalls(made),
    values: null,
    ...more,
  };
  return { tenant: "local", subject: "run:r", kind: "decisions", value, sequence: ++sequence, atMs: 0 };
}

function called(tool: string, members: object): readonly MappedCall[] {
  const templates = Object.fromEntries(Object.keys(members).map((name) => [name, `{/${name}}`]));
  const body = Buffer.from(JSON.stringify(members));
  return mappedCalls([{ tool, path: "/p", arguments: templates }], {
    method: "POST",
    path: "/p",
    query: "",
    contentType: undefined,
    body,
  });
}

const known = (...facts: readonly Fact[]): RunDecisions => {
  const decisions = new RunDecisions();
  decisions.add(facts);
  return decisions;
};
const ids = (decisions: readonly Decision[]): readonly string[] => decisions.map(({ id }) => id);
const a = { stage: null, attempt: "a" };
const b = { stage: null, attempt: "b" };
const pay = (n: number): Called => ["pay", { n }];

describe("the decisions of a run", () => {
  it("are carried out by calls with equal name and arguments, in the order in which they were made", () => {
    const run = known(fact("t1", [pay(1), pay(2), pay(1)]), fact("t2", [["buy", { n: 1 }], pay(1)]));
    expect(ids(run.carriedOut(a, called("pay", { n: 1 })))).toEqual(["t1.0", "t1.2", "t2.1"]);
    expect(ids(run.carriedOut(a, called("pay", { n: 3 })))).toEqual([]);
    const either = [...called("buy", { n: 1 }), ...called("pay", { n: 2 })];
    expect(ids(run.carriedOut(a, either)).toSorted()).toEqual(["t1.1", "t2.0"]);
    expect(run.size).toBe(7);
  });

  it("count once for each attempt, however often a turn was given to it or read", () => {
    const first = fact("t1", [pay(1)]);
    const run = known(first, fact("t1", [pay(1)]), fact("t1", [pay(1)], { attempt: "b" }));
    run.add([first]);
    expect(run.carriedOut(a, called("pay", { n: 1 }))).toHaveLength(1);
    expect(run.carriedOut(b, called("pay", { n: 1 }))).toHaveLength(1);
    run.add([fact("t1", [pay(1)], { epoch: 2 })]);
    expect(run.carriedOut(a, called("pay", { n: 1 }))).toHaveLength(2);
  });

  it("are those of an earlier attempt where this one has none that is equal", () => {
    const run = known(
      fact("t1", [pay(1)]),
      fact("t2", [pay(1), pay(1), pay(2)], { attempt: "c" }),
      fact("t3", [pay(2)], { attempt: "b" }),
    );
    expect(ids(run.carriedOut(b, called("pay", { n: 1 })))).toEqual(["t2.0", "t2.1"]);
    expect(ids(run.carriedOut(b, called("pay", { n: 2 })))).toEqual(["t3.0"]);
  });

  it("belong to their stage", () => {
    const run = known(fact("t1", [pay(1)], { stage: "plan" }));
    expect(run.carriedOut(a, called("pay", { n: 1 }))).toEqual([]);
    expect(ids(run.carriedOut({ ...a, stage: "plan" }, called("pay", { n: 1 })))).toEqual(["t1.0"]);
  });

  it("are seen once an attempt was given a turn, with calls or without", () => {
    const run = known(fact("t1", []));
    expect([run.isSeen("a"), run.isSeen("b"), run.isSeen(null)]).toEqual([true, false, false]);
    expect(run.has({ turn: "t1", epoch: 1, ...a })).toBe(true);
    expect(run.has({ turn: "t1", epoch: 2, ...a })).toBe(false);
  });

  it("know how far they were read, past values that have left the ledger", () => {
    const gone = { ...fact("t1", []), value: undefined };
    const run = known(gone);
    expect(run.sequence).toBe(gone.sequence);
    expect(run.isSeen("a")).toBe(false);
  });
});

describe("the nearest decision", () => {
  it("is the latest of those that differ in the fewest arguments", () => {
    const run = known(
      fact("t1", [
        ["pay", { n: 1, to: "a", why: "x" }],
        ["pay", { n: 2, to: "b", why: "y" }],
        ["pay", { n: 2, to: "a", why: "y" }],
      ]),
      fact("t2", [["pay", { n: 1, to: "b", why: "z" }]], { attempt: "b" }),
    );
    const nearest = run.nearest(a, called("pay", { n: 1, to: "b", why: "y" }));
    expect(nearest?.decision.id).toBe("t1.1");
    expect(nearest?.differing).toEqual(["n"]);
    expect(run.nearest(a, called("pay", { n: 3, to: "c", why: "w" }))?.decision.id).toBe("t1.2");
    expect(run.nearest(a, called("buy", { n: 1 }))).toBeNull();
  });

  it("may be told by the names that the attempt's model called", () => {
    const run = known(
      fact("t1", [pay(1), ["buy", {}], pay(2)]),
      fact("t2", [["sell", {}]], { attempt: "b" }),
    );
    expect(run.names(a)).toEqual(["pay", "buy"]);
    expect(run.names(b)).toEqual(["sell"]);
  });
});
