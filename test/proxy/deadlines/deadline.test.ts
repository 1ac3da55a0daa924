import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ClientLimits } from "../../../src/proxy/deadlines/client-limits.ts";
import { Deadline, type PassedLimit } from "../../../src/proxy/deadlines/deadline.ts";

const noLimits: ClientLimits = { totalMs: Infinity, headersMs: Infinity, silenceMs: Infinity };

let client: { started: boolean; handedBytes: number; isBehind: boolean };
let passed: PassedLimit[];

function deadline(limits: Partial<ClientLimits>, sinceMs = performance.now()): Deadline {
  const made = new Deadline(client, { ...noLimits, ...limits }, sinceMs);
  made.onPassed((limit) => passed.push(limit));
  return made;
}

beforeEach(() => {
  vi.useFakeTimers();
  client = { started: false, handedBytes: 500, isBehind: false };
  passed = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the deadline of a client", () => {
  it("passes once, when all of its time is over", () => {
    const one = deadline({ totalMs: 1_000 });
    client.started = true;
    vi.advanceTimersByTime(999);
    expect(passed).toEqual([]);
    expect(one.remainingMs).toBeCloseTo(1, 3);
    vi.advanceTimersByTime(5_000);
    expect(passed).toEqual(["total"]);
    expect(one.passed).toBe("total");
    one.onPassed((limit) => passed.push(limit));
    expect(passed).toEqual(["total", "total"]);
  });

  it("counts from when the request came", () => {
    deadline({ totalMs: 1_000 }, performance.now() - 900);
    vi.advanceTimersByTime(101);
    expect(passed).toEqual(["total"]);
  });

  it("passes where no headers were sent in time, and not where they were", () => {
    const late = deadline({ headersMs: 1_000 });
    expect(late.remainingMs).toBe(1_000);
    vi.advanceTimersByTime(1_001);
    expect(passed).toEqual(["headers"]);
    passed = [];
    const begun = deadline({ headersMs: 1_000 });
    vi.advanceTimersByTime(500);
    client.started = true;
    expect(begun.remainingMs).toBe(Infinity);
    vi.advanceTimersByTime(60_000);
    expect(passed).toEqual([]);
  });

  it("passes where nothing is written to a stream for so long, and not before nine tenths of it", () => {
    deadline({ silenceMs: 1_000 });
    vi.advanceTimersByTime(5_000);
    expect(passed).toEqual([]);
    client.started = true;
    for (let at = 0; at < 50; at++) {
      client.handedBytes += 10;
      vi.advanceTimersByTime(800);
    }
    expect(passed).toEqual([]);
    // The last piece came 800 ms before.
    vi.advanceTimersByTime(99);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(101);
    expect(passed).toEqual(["silence"]);
  });

  it("does not call silence what a client does not read", () => {
    deadline({ silenceMs: 1_000 });
    client.started = true;
    client.isBehind = true;
    vi.advanceTimersByTime(60_000);
    expect(passed).toEqual([]);
  });

  it("does nothing once the answer has ended, and has no timer then", () => {
    const one = deadline({ totalMs: 1_000, silenceMs: 500 });
    one.end();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(passed).toEqual([]);
  });

  it("has no timer where nothing is left that could pass", () => {
    deadline({ headersMs: 1_000 });
    expect(vi.getTimerCount()).toBe(1);
    client.started = true;
    vi.advanceTimersByTime(1_001);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("looks a few times for thousands of pieces", () => {
    // Not on `setTimeout`: put back behind the real timers, it would be a faked one for all that comes after.
    const looks = vi.spyOn(Deadline.prototype, "look");
    deadline({ silenceMs: 10_000 });
    client.started = true;
    for (let piece = 0; piece < 5_000; piece++) {
      client.handedBytes += 10;
      vi.advanceTimersByTime(10);
    }
    expect(passed).toEqual([]);
    expect(looks.mock.calls.length).toBeGreaterThan(10);
    expect(looks.mock.calls.length).toBeLessThanOrEqual(51);
    looks.mockRestore();
  });

  it("waits also for a time that is longer than a timer of Node's can be", () => {
    deadline({ totalMs: 40 * 86_400_000 });
    vi.advanceTimersByTime(39 * 86_400_000);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(86_400_000);
    expect(passed).toEqual(["total"]);
  });
});
