import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startSweeping } from "../../src/proxy/sweeping.ts";
import { recordedLog } from "./support/recorded-log.ts";

describe("housekeeping in the ledger", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("says what has become doubtful, goes on after a failure, and ends when it is stopped", async () => {
    const { log, entries } = recordedLog();
    const outcomes = [{ doubted: 2, expired: 0 }, new Error("down"), { doubted: 0, expired: 3 }];
    let sweeps = 0;
    const sweep = async (): Promise<{ doubted: number; expired: number }> => {
      const outcome = await Promise.resolve(outcomes[sweeps++]);
      if (outcome === undefined || outcome instanceof Error) throw outcome;
      return outcome;
    };
    const stop = startSweeping({ sweep }, log, 1000);
    await vi.advanceTimersByTimeAsync(3000);
    stop();
    await vi.advanceTimersByTimeAsync(3000);
    expect(sweeps).toBe(3);
    expect(entries.map(({ what }) => what)).toEqual(["effects in doubt", "ledger not swept", "ledger swept"]);
  });
});
