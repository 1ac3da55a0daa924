import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { heardWithin } from "../../../src/proxy/deadlines/margin.ts";

const usual = { marginPercent: 10, marginMsMin: 1_000, marginMsMax: 10_000 };

describe("the margin before a client's own limit", () => {
  it.each([
    [600_000, 590_000],
    [100_000, 90_000],
    [50_000, 45_000],
    [10_000, 9_000],
    [5_000, 4_000],
    [2_000, 1_000],
    [1_000, 500],
    [10, 5],
    [Infinity, Infinity],
  ])("of %i ms is such that it hears after %i ms", (limitMs, heardMs) => {
    expect(heardWithin(limitMs, usual)).toBe(heardMs);
  });

  const limits = fc.double({ min: 1, max: 1e9, noNaN: true });
  const margins = fc
    .record({
      marginPercent: fc.integer({ min: 0, max: 50 }),
      least: fc.integer({ min: 0, max: 60_000 }),
      more: fc.integer({ min: 0, max: 600_000 }),
    })
    .map(({ marginPercent, least, more }) => ({
      marginPercent,
      marginMsMin: least,
      marginMsMax: least + more,
    }));

  it("never makes the client hear before half of its time, nor after it", () => {
    fc.assert(
      fc.property(limits, margins, (limitMs, margin) => {
        const heardMs = heardWithin(limitMs, margin);
        expect(heardMs).toBeGreaterThanOrEqual(limitMs / 2);
        expect(heardMs).toBeLessThanOrEqual(limitMs);
      }),
    );
  });

  it("is between its bounds wherever the limit has room for them", () => {
    fc.assert(
      fc.property(limits, margins, (limitMs, margin) => {
        const leftMs = limitMs - heardWithin(limitMs, margin);
        expect(leftMs).toBeLessThanOrEqual(margin.marginMsMax + 1e-3);
        // Half of the limit goes before the least margin.
        expect(leftMs).toBeGreaterThan(Math.min(margin.marginMsMin, limitMs / 2) - 1e-3);
      }),
    );
  });

  it("never gives a client that waits longer less time", () => {
    fc.assert(
      fc.property(limits, limits, margins, (one, other, margin) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        expect(heardWithin(less, margin)).toBeLessThanOrEqual(heardWithin(more, margin) + 1e-3);
      }),
    );
  });
});
