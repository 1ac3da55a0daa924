import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DurationHistogram, median, quantile, rotated } from "../../bench/statistics.ts";

describe("the median", () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 10, 2], 3],
  ])("of %j is %d", (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  it("of nothing is no number, so that a table shows a dash", () => {
    expect(median([])).toBeNaN();
  });

  it("does not reorder what it is given", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("a quantile", () => {
  it("is a value that was measured, and the last one at the end", () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([0, 0.5, 0.99, 1].map((q) => quantile(values, q))).toEqual([1, 50, 99, 100]);
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("taking turns", () => {
  it("lets every subject be the first once", () => {
    const subjects = ["a", "b", "c"];
    expect([0, 1, 2, 3].map((repeat) => rotated(subjects, repeat).join(""))).toEqual([
      "abc",
      "bca",
      "cab",
      "abc",
    ]);
    expect(rotated([], 2)).toEqual([]);
  });
});

describe("the histogram of durations", () => {
  it("is at most 1.2 % from the quantile of the values themselves", () => {
    const durations = fc.array(fc.integer({ min: 1, max: 90_000_000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.9, 0.99), (values, q) => {
        const histogram = new DurationHistogram();
        for (const value of values) histogram.add(value);
        const exact = quantile(values, q);
        expect(Math.abs(histogram.quantile(q) - exact) / exact).toBeLessThan(0.012);
      }),
    );
  });

  it("keeps what is out of its range at its ends, and knows when it is empty", () => {
    const histogram = new DurationHistogram();
    expect(histogram.quantile(0.5)).toBeNaN();
    histogram.add(-5);
    histogram.add(1e12);
    expect(histogram.quantile(0.5)).toBe(1);
    expect(histogram.quantile(1)).toBeGreaterThan(9e7);
  });
});
