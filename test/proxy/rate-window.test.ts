import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateWindow } from "../../src/proxy/rate-window.ts";

describe("a window of 60 seconds", () => {
  it("never lets in more than its limit, and says exactly how long the next one waits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }),
        (max, steps) => {
          const window = new RateWindow(max);
          const letIn: number[] = [];
          let now = 0;
          for (const step of steps) {
            now += step;
            const recent = letIn.filter((at) => at > now - 60_000);
            const wait = window.enter(now);
            expect(wait).toBe(recent.length < max ? 0 : (recent.at(-max) ?? 0) + 60_000 - now);
            if (wait === 0) letIn.push(now);
          }
        },
      ),
    );
  });

  it("keeps its past when its limit changes, so that a reload lets nobody in anew", () => {
    const window = new RateWindow(4);
    for (const at of [0, 10, 20, 30]) expect(window.enter(at)).toBe(0);
    expect(window.resized(2).enter(40)).toBe(60_000 - 20);
    const wider = window.resized(6);
    expect([wider.enter(41), wider.enter(42), wider.enter(43)]).toEqual([0, 0, 60_000 - 43]);
  });
});
