import { describe, expect, it } from "vitest";
import { tellSeeds } from "./simulation/seeds.ts";
import { simulateTurns } from "./simulation/turns.ts";

/** Their history is the same on every machine; others are `npm run simulate -- --turns --seed 601 --seeds 2000`. */
const seeds = 600;

describe("the simulation of turns", () => {
  it(
    `breaks no promise in ${seeds} histories, in which everything goes wrong`,
    { timeout: 900_000 },
    async () => {
      const { broken, counts } = await tellSeeds(simulateTurns, 1, seeds);
      expect(broken).toEqual([]);
      // A search that never meets a fault, or in which nothing ever works, proves nothing.
      const happened = new Map(counts);
      const often = [
        ["whole answers", 2000],
        ["replays", 1500],
        ["samples", 100],
        ["crashes", 1000],
        ["clients that left", 1000],
        ["answers lost on the wire", 20],
        ["stops longer than a lease", 100],
        ["log: attached to the turn of an earlier request", 500],
        ["log: a turn is not recorded", 200],
        ["model: connection breaks", 100],
        ["model: body ends early", 100],
        ["model: never answers", 50],
        ["turns that nobody came for", 100],
      ] as const;
      const seldom = often.filter(([what, least]) => (happened.get(what) ?? 0) < least);
      expect(seldom.map(([what]) => `${what}: ${happened.get(what) ?? 0}`)).toEqual([]);
    },
  );

  it("plays the same history for the same seed, and another for another", async () => {
    const one = await simulateTurns(7);
    await simulateTurns(8);
    expect((await simulateTurns(7)).trace).toEqual(one.trace);
    expect((await simulateTurns(9)).trace).not.toEqual(one.trace);
    expect(one.trace.length).toBeGreaterThan(20);
  });
});
