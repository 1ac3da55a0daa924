import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Call } from "../../../src/exchange/turn.ts";
import { Decisions, type GivenTurn } from "../../../src/proxy/decisions/decisions.ts";
import { win } from "../../conformance/ledger/requests.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { callerOf } from "../support/plain-exchange.ts";
import { recordedLog } from "../support/recorded-log.ts";
import { letFactsFail } from "../support/told-facts.ts";

let store: SqliteUnderTest;
let log: ReturnType<typeof recordedLog>;
let decisions: Decisions;
beforeEach(async () => {
  store = await sqliteUnderTest();
  log = recordedLog();
  decisions = new Decisions(store.ledger, log.log, () => 1_800_000_000_000);
});
afterEach(() => store.close());

const caller = callerOf({ id: "r", attempt: "a" });
const pay = (amount: number): Call => ({
  id: `c${amount}`,
  name: "pay",
  kind: "function",
  argumentsText: `{"amount": ${amount}}`,
});
const given = (turn: string, calls: readonly Call[] | null, more: Partial<GivenTurn> = {}): GivenTurn => ({
  caller,
  turn,
  epoch: 1,
  names: new Set(["pay"]),
  isRunning: () => false,
  calls: () => Promise.resolve(calls),
  ...more,
});
const factsOf = (run = "r") => store.ledger.facts("local", `run:${run}`, "decisions");

describe("what models of a run decided", () => {
  it("is on disk once it is noted: for each attempt one fact of a turn, whoever notes it", async () => {
    const note = decisions.give(given("t1", [pay(1), pay(2)]));
    await Promise.all([note(), note()]);
    const other = callerOf({ id: "r", attempt: "b" });
    await decisions.give(given("t1", [pay(1), pay(2)], { caller: other }))();
    const facts = await factsOf();
    expect(facts.map(({ value }) => value)).toMatchObject([
      { turn: "t1", epoch: 1, attempt: "a", stage: null, calls: [{ id: "c1" }, { id: "c2" }] },
      { turn: "t1", attempt: "b" },
    ]);
    expect(JSON.stringify(facts)).not.toContain("amount\\");
    await decisions.of(caller);
    await decisions.give(given("t1", [pay(1), pay(2)]))();
    expect(await factsOf()).toHaveLength(2);
  });

  it("says of an attempt that its turns are seen, once, where they have no calls", async () => {
    await decisions.give(given("t1", []))();
    await decisions.of(caller);
    await decisions.give(given("t2", []))();
    expect(await factsOf()).toHaveLength(1);
  });

  it("is nothing where a turn came to no good end, or cannot be read", async () => {
    await decisions.give(given("t1", null))();
    await decisions.give(given("t2", [], { calls: () => Promise.reject(new Error("no JSON")) }))();
    expect(await factsOf()).toEqual([]);
    expect(log.entries.map(({ what }) => what)).toEqual(["what a turn decided cannot be read"]);
  });

  it("is noted by who asks for it, where the turn has ended meanwhile, and not before", async () => {
    let isRunning = true;
    decisions.give(given("t1", [pay(1)], { isRunning: () => isRunning }));
    decisions.give(given("t2", [pay(1)], { caller: callerOf({ id: "other" }) }));
    expect((await decisions.of(caller)).isSeen("a")).toBe(false);
    isRunning = false;
    expect((await decisions.of(caller)).isSeen("a")).toBe(true);
    expect(await factsOf("other")).toEqual([]);
  });

  it("is found by another process, and goes on from where it was read", async () => {
    const beside = new Decisions(store.ledger, log.log, Date.now);
    for (const turn of ["t1", "t2"]) {
      await decisions.give(given(turn, [pay(1)]))();
      expect((await beside.of(caller)).has({ turn, epoch: 1, stage: null, attempt: "a" })).toBe(true);
    }
    expect((await beside.of(callerOf({ id: "r", attempt: "a" }, "another"))).size).toBe(0);
    expect((await beside.of(callerOf())).size).toBe(0);
  });

  it("may be more than a fact holds", async () => {
    const members = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`argument ${at}`, at]));
    const calls = Array.from({ length: 200 }, () => ({ ...pay(1), argumentsText: JSON.stringify(members) }));
    await decisions.give(given("t1", calls))();
    expect((await decisions.of(caller)).size).toBe(201);
  });

  it("waits for a ledger that is down, and is not known before it is back", async () => {
    letFactsFail(store.file, true);
    await decisions.give(given("t1", [pay(1)]))();
    await decisions.give(given("t2", [pay(1)], { caller: callerOf({ id: "other" }) }))();
    expect(log.entries.map(({ what }) => what)).toEqual(
      Array.from({ length: 2 }, () => "what a turn decided cannot be written yet"),
    );
    await expect(decisions.of(caller)).rejects.toThrow("The ledger failed");
    letFactsFail(store.file, false);
    expect((await decisions.of(caller)).isSeen("a")).toBe(true);
    expect((await decisions.of(caller)).size).toBe(2);
    expect(await factsOf("other")).toEqual([]);
  });

  it("has its values beside it, for who is told how another call differs", async () => {
    await decisions.give(given("t1", [pay(1), pay(2)]))();
    await decisions.give(given("t2", [pay(3)], { names: new Set() }))();
    const known = await decisions.of(caller);
    const mapping = { tool: "pay", path: "/p", arguments: {} };
    const made = known.carriedOut(caller.run, [{ mapping, arguments: new Map() }]);
    const values = await Promise.all(made.map((one) => decisions.valuesOf(caller, one)));
    expect(values).toEqual([{ amount: "1" }, { amount: "2" }, {}]);
  });
});

describe("turns of an attempt that are being made", () => {
  const turn = { kind: "turn", tenant: "local", run: "r", attempt: "a", key: "t" } as const;

  it("are waited for until they end", async () => {
    const claim = await win(store.ledger, turn);
    let isOver = false;
    const waiting = decisions.turnsEnd(caller).then((waited) => ((isOver = true), waited));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isOver).toBe(false);
    await store.ledger.settle(claim, { state: "declined" });
    expect(await waiting).toBe(true);
  });

  it("are none where all have ended, or are another attempt's, or nobody's any more", async () => {
    const done = await win(store.ledger, turn);
    await store.ledger.settle(done, { state: "declined" });
    await win(store.ledger, { ...turn, key: "other", attempt: "b" });
    await win(store.ledger, { ...turn, key: "dead", leaseMs: 0 });
    await win(store.ledger, { ...turn, key: "effect", kind: "effect" });
    expect(await decisions.turnsEnd(caller)).toBe(false);
    expect(await decisions.turnsEnd(callerOf())).toBe(false);
  });
});
