import { afterEach, describe, expect, it, vi } from "vitest";
import type { Fact } from "../../src/exchange/fact.ts";
import { LateFacts } from "../../src/proxy/late-facts.ts";
import { PassCounts } from "../../src/proxy/pass-counts.ts";
import { callerOf } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

type Unwritten = Omit<Fact, "sequence" | "atMs">;

const route = {
  plane: "tool",
  target: { name: "pay" },
  path: `/charges/${"x".repeat(500)}`,
} as never;
const inbound = (id: string) =>
  ({
    id,
    method: "POST",
    outgoing: { statusCode: 201 },
    timing: { elapsedMs: () => 12.4 },
    left: false,
  }) as never;

function open(everyMs = 1e9) {
  const state = { isDown: false };
  const appended: (readonly Unwritten[])[] = [];
  const ledger = {
    append: (facts: readonly Unwritten[]): Promise<readonly Fact[]> => {
      if (state.isDown) return Promise.reject(new Error("down"));
      appended.push(facts);
      return Promise.resolve([]);
    },
  };
  const passes = new PassCounts(() => 1000);
  const { log, entries } = recordedLog();
  return { state, appended, passes, entries, late: new LateFacts(ledger, passes, log, () => 5000, everyMs) };
}
const caller = callerOf({ id: "r", stage: "s", attempt: "a" });
const post = { guard: "g", mode: "enforce" } as const;

describe("facts that nobody waits for", () => {
  afterEach(() => vi.useRealTimers());

  it("are written together after a while, and once more at the end", async () => {
    vi.useFakeTimers();
    const { late, appended, passes } = open(5000);
    late.exchange(caller, route, inbound("e1"));
    late.exchange(caller, route, inbound("e2"));
    passes.add(post, "call");
    expect(appended).toEqual([]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(appended).toHaveLength(2);
    expect(appended[0]).toMatchObject([
      {
        tenant: "local",
        subject: "run:r",
        kind: "exchange",
        value: {
          startedAtMs: 4988,
          exchange: "e1",
          plane: "tool",
          target: "pay",
          method: "POST",
          status: 201,
          ms: 12,
          stage: "s",
          attempt: "a",
          agent: null,
          gone: false,
        },
      },
      { value: { exchange: "e2" } },
    ]);
    expect(appended[1]).toMatchObject([{ tenant: "-", subject: "passes", kind: "passes" }]);
    expect(appended[0]?.[0]).toMatchObject({ value: { path: `/charges/${"x".repeat(191)}` } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(appended).toHaveLength(2);
    late.exchange(caller, route, inbound("e3"));
    await late.close();
    expect(appended).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(appended).toHaveLength(3);
  });

  it("leave no trace of an anonymous exchange", async () => {
    const { late, appended } = open();
    late.exchange(callerOf(), route, inbound("e"));
    await late.close();
    expect(appended).toEqual([]);
  });

  it("wait for a ledger that is down, in their order", async () => {
    const { late, appended, state, passes, entries } = open();
    passes.add(post, "call");
    late.exchange(caller, route, inbound("e1"));
    state.isDown = true;
    await late.write();
    late.exchange(caller, route, inbound("e2"));
    passes.add(post, "call");
    await late.write();
    expect(appended).toEqual([]);
    expect(entries[0]).toMatchObject({ level: "warn", what: "what runs did cannot be written yet" });
    state.isDown = false;
    await late.close();
    expect(appended[0]).toMatchObject([{ value: { exchange: "e1" } }, { value: { exchange: "e2" } }]);
    expect(appended[1]).toMatchObject([{ value: { passes: [{ count: 2 }] } }]);
  });

  it("are bounded, and what did not fit is told", async () => {
    const { late, appended, entries } = open();
    for (let i = 0; i < 10_003; i++) late.exchange(caller, route, inbound(`e${i}`));
    await late.close();
    expect(appended.flat()).toHaveLength(10_000);
    expect(Math.max(...appended.map((facts) => facts.length))).toBe(500);
    expect(entries).toMatchObject([{ level: "warn", fields: { lost: 3 } }]);
  });

  it("are told as lost where the gateway ends and the ledger is down", async () => {
    const { late, state, entries } = open();
    late.exchange(caller, route, inbound("e1"));
    state.isDown = true;
    await late.close();
    expect(entries.at(-1)).toMatchObject({ level: "warn", fields: { lost: 1 } });
  });
});
