import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Timing } from "../../src/proxy/timing.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => vi.useRealTimers());

const pass = (ms: number): void => void vi.advanceTimersByTime(ms);

describe("the overhead of an exchange", () => {
  it("is the time from the request being read to its dispatch, and from upstream's headers to ours", () => {
    const timing = new Timing();
    pass(1_000); // the request arrives
    timing.read();
    pass(3);
    timing.dispatched();
    pass(5_000); // the model thinks
    timing.upstreamHeaders();
    pass(4);
    timing.answered();
    expect(timing.overheadMs()).toBe("7.000");
  });

  it("counts every dispatch of a turn that was asked again, and no wait", () => {
    const timing = new Timing();
    timing.read();
    for (const ours of [2, 5, 1]) {
      pass(ours);
      timing.dispatched();
      pass(10_000);
      timing.upstreamHeaders();
    }
    pass(4);
    expect(timing.overheadMs()).toBe("12.000");
  });

  it("stays what it was when our headers left, however long the answer flows", () => {
    const timing = new Timing();
    pass(2);
    timing.answered();
    pass(60_000);
    timing.answered();
    timing.upstreamHeaders();
    pass(60_000);
    expect(timing.overheadMs()).toBe("2.000");
    expect(timing.elapsedMs()).toBe(120_002);
  });

  it("is what was spent so far where the upstream never answered", () => {
    const timing = new Timing();
    pass(6);
    timing.dispatched();
    pass(30_000);
    expect(timing.overheadMs()).toBe("6.000");
    timing.dispatched();
    expect(timing.overheadMs()).toBe("6.000");
  });

  it("is all the time where nothing was dispatched", () => {
    const timing = new Timing();
    pass(1.25);
    expect(timing.overheadMs()).toBe("1.250");
  });
});

it("knows whether a byte of the request may have left, which a wait for the upstream does not say", () => {
  const timing = new Timing();
  timing.dispatched();
  expect(timing.hasLeft).toBe(false);
  timing.leaves();
  expect(timing.hasLeft).toBe(true);
});
