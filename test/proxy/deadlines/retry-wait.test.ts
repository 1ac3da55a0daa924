import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedWait, retryWait } from "../../../src/proxy/deadlines/retry-wait.ts";

const settings = { delayMs: 500, delayMsMax: 8_000 };

describe("the wait before an upstream is asked once more", () => {
  it("is a random part of a time that doubles", () => {
    const waits = [0, 1, 2, 3, 4, 5].map((attempts) =>
      retryWait({ settings, attempts, random: 0.5, askedMs: null }),
    );
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000]);
    expect(retryWait({ settings, attempts: 3, random: 0, askedMs: null })).toBe(0);
  });

  it("is what the upstream asks for, and a little more", () => {
    expect(retryWait({ settings, attempts: 0, random: 0.5, askedMs: 3_000 })).toBe(3_250);
    expect(retryWait({ settings, attempts: 9, random: 0.9, askedMs: 3_000 })).toBe(8_000);
  });

  it("is none where the upstream asks for more than may be waited", () => {
    expect(retryWait({ settings, attempts: 0, random: 0, askedMs: 8_001 })).toBeNull();
  });

  it("is never more than the bound, and never less than what is asked for", () => {
    const numbers = fc.record({
      attempts: fc.integer({ min: 0, max: 60 }),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
      askedMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: null }),
    });
    fc.assert(
      fc.property(numbers, ({ attempts, random, askedMs }) => {
        const waitMs = retryWait({ settings, attempts, random, askedMs });
        expect(waitMs === null).toBe(askedMs !== null && askedMs > 8_000);
        expect(waitMs ?? 0).toBeLessThanOrEqual(8_000);
        expect(waitMs ?? Infinity).toBeGreaterThanOrEqual(askedMs ?? 0);
      }),
    );
  });
});

describe("what an upstream asks for", () => {
  const now = Date.parse("2026-11-30T12:00:00Z");
  it.each<[string[], number | null]>([
    [["Retry-After", "7"], 7_000],
    [["retry-after", "0.5"], 500],
    [["retry-after-ms", "1200", "retry-after", "7"], 1_200],
    [["retry-after", "Mon, 30 Nov 2026 12:00:09 GMT"], 9_000],
    [["retry-after", "Mon, 30 Nov 2026 11:00:00 GMT"], 0],
    [["retry-after", "later"], null],
    [[], null],
  ])("is read from %j", (headers, ms) => {
    expect(askedWait(headers, now)).toBe(ms);
  });
});
