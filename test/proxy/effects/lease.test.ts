import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Fence } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { keepLease } from "../../../src/proxy/effects/lease.ts";
import type { Engine } from "../../../src/proxy/engine.ts";
import { engineSettings } from "../support/engine-settings.ts";
import { recordedLog } from "../support/recorded-log.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const fence: Fence = { id: "op-1", epoch: 2, nonce: "n" };

function open(renewal: () => Promise<boolean>) {
  const renewed: [Fence, number][] = [];
  const { log, entries } = recordedLog();
  const settings = engineSettings();
  const engine = {
    settings: { ...settings, effects: { ...settings.effects, leaseSeconds: 30 } },
    log,
    clock: systemClock,
    ledger: {
      renew: (held: Fence, leaseMs: number) => {
        renewed.push([held, leaseMs]);
        return renewal();
      },
    },
  };
  return { renewed, entries, stop: keepLease(engine as unknown as Engine, fence) };
}

describe("the lease of a running dispatch", () => {
  it("is renewed three times a lease, for its full length, until it ends", async () => {
    const { renewed, entries, stop } = open(async () => true);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(renewed).toEqual([]);
    await vi.advanceTimersByTimeAsync(50_001);
    expect(renewed).toHaveLength(6);
    expect(renewed[0]).toEqual([fence, 30_000]);
    stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(renewed).toHaveLength(6);
    expect(entries).toEqual([]);
  });

  it("goes on trying where a renewal fails, and says so", async () => {
    const { renewed, entries, stop } = open(() => Promise.reject(new Error("down")));
    await vi.advanceTimersByTimeAsync(20_000);
    stop();
    expect(renewed).toHaveLength(2);
    expect(entries).toEqual([
      { level: "warn", what: "lease not renewed", fields: { operation: "op-1", cause: new Error("down") } },
      expect.anything(),
    ]);
  });

  it("says that it was lost", async () => {
    const { entries, stop } = open(async () => false);
    await vi.advanceTimersByTimeAsync(10_000);
    stop();
    expect(entries).toEqual([{ level: "warn", what: "lease lost", fields: { operation: "op-1" } }]);
  });

  it("says nothing of a renewal that was under way when it was ended", async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { entries, stop } = open(() => promise);
    await vi.advanceTimersByTimeAsync(10_000);
    stop();
    resolve(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(entries).toEqual([]);
  });
});
