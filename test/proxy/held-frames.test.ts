import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LongstopError } from "../../src/exchange/error.ts";
import { HeldFrames } from "../../src/proxy/held-frames.ts";
import { frameOf } from "../../src/wire/sse.ts";
import { engineSettings } from "./support/engine-settings.ts";

const settings = { ...engineSettings().hold, heldBytesMax: 20, heldSecondsMax: 10 };
const frame = frameOf("data: x\n\n"); // 9 bytes

let tooLong: LongstopError | null;
let held: HeldFrames;

beforeEach(() => {
  vi.useFakeTimers();
  tooLong = null;
  held = new HeldFrames(settings, (error) => (tooLong = error));
});
afterEach(() => vi.useRealTimers());

describe("held frames", () => {
  it("wait in order until they are let go", () => {
    expect(held.holding).toBe(false);
    const other = frameOf("data: y\n\n");
    held.add(frame);
    held.add(other);
    expect(held.holding).toBe(true);
    expect(held.frames).toEqual([frame, other]);
    held.clear();
    expect(held.holding).toBe(false);
    expect(held.frames).toEqual([]);
  });

  it("are never more than the limit on bytes", () => {
    held.add(frame);
    held.add(frame);
    expect(() => held.add(frame)).toThrow(
      expect.objectContaining({ code: "held_too_much", message: expect.stringContaining("20 bytes") }),
    );
    expect(held.frames).toHaveLength(2);
  });

  it("are counted anew for every turn", () => {
    for (let turn = 0; turn < 5; turn++) {
      held.add(frame);
      held.add(frame);
      held.clear();
    }
    expect(held.holding).toBe(false);
  });

  it("may wait no longer than the limit on time, counted from the first of them", () => {
    held.add(frame);
    vi.advanceTimersByTime(9_000);
    held.add(frame);
    vi.advanceTimersByTime(999);
    expect(tooLong).toBeNull();
    vi.advanceTimersByTime(1);
    expect(tooLong).toMatchObject({
      code: "held_too_much",
      message: expect.stringContaining("10 seconds"),
    });
  });

  it("leave no timer behind once they are let go", () => {
    held.add(frame);
    held.clear();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(tooLong).toBeNull();
  });
});
