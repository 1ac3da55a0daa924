import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { later, systemClock } from "../../src/proxy/clock.ts";

describe("the system's clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("calls again and again until it is told to stop", () => {
    let calls = 0;
    const stop = systemClock.every(100, () => (calls += 1));
    vi.advanceTimersByTime(350);
    expect(calls).toBe(3);
    stop();
    vi.advanceTimersByTime(1000);
    expect(calls).toBe(3);
  });

  it("tells the time of day", () => {
    vi.setSystemTime(1_700_000_000_000);
    expect(systemClock.now()).toBe(1_700_000_000_000);
  });
});

describe("waiting by the system's clock", () => {
  it("sleeps at least as long as asked, and a turn is no sleep", async () => {
    const startMs = performance.now();
    let slept = false;
    const sleeping = systemClock.sleep(60).then(() => (slept = true));
    await systemClock.turn();
    expect(slept).toBe(false);
    // Nothing else keeps the process alive here but the test's own runner.
    await sleeping;
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(58);
  });
});

describe("something that is done later", () => {
  it("is done once, and not where it is called off before", async () => {
    const done: string[] = [];
    const wake: (() => void)[] = [];
    const clock = { sleep: () => new Promise<void>((resolve) => wake.push(resolve)) };
    later(clock, 10, () => done.push("one"));
    const callOff = later(clock, 10, () => done.push("other"));
    callOff();
    for (const resolve of wake) resolve();
    await Promise.resolve();
    expect(done).toEqual(["one"]);
  });
});
