import { describe, expect, it } from "vitest";
import { tellSeeds } from "./simulation/seeds.ts";
import { simulate } from "./simulation/simulate.ts";

/** Their history is the same on every machine; another two thousand are `npm run simulate -- --seed 2001 --seeds 2000`. */
const seeds = 2000;

describe("the simulation of effects", () => {
  it(
    `breaks no promise in ${seeds} histories, in which everything goes wrong`,
    { timeout: 900_000 },
    async () => {
      const { broken, counts } = await tellSeeds(simulate, 1, seeds);
      expect(broken).toEqual([]);
      // A search that never meets a fault, or in which nothing ever works, proves nothing.
      const happened = new Map(counts);
      const often = [
        ["ended done", 1000],
        ["ended in-doubt", 1000],
        ["ended cut", 100],
        ["replays", 1000],
        ["crashes", 1000],
        ["doubts of a restart", 100],
        ["stops longer than a lease", 100],
        ["log: lease lost", 20],
        ["log: outcome recorded late", 20],
        ["questions to a ledger that is down", 1000],
        ["callers that left", 1000],
        ["answers lost on the wire", 100],
        ["agents that began again", 1000],
        ["tool: dropped after the effect", 100],
        ["tool: never answers", 100],
        ["tool: not sent", 100],
        ["tool: slow", 100],
        ["tool: body cut", 100],
        ["tool: 402 that is kept", 50],
      ] as const;
      const seldom = often.filter(([what, least]) => (happened.get(what) ?? 0) < least);
      expect(seldom.map(([what]) => `${what}: ${happened.get(what) ?? 0}`)).toEqual([]);
    },
  );

  it("plays the same history for the same seed, and another for another", async () => {
    const one = await simulate(7);
    await simulate(8);
    expect((await simulate(7)).trace).toEqual(one.trace);
    expect((await simulate(9)).trace).not.toEqual(one.trace);
    expect(one.trace.length).toBeGreaterThan(20);
  });
});
