import { describe, expect, it } from "vitest";
import { SharedMoments } from "../../../src/proxy/turns/shared-moments.ts";
import { TurnLease } from "../../../src/proxy/turns/turn-lease.ts";
import { recordedLog } from "../support/recorded-log.ts";

const fence = { id: "turn", epoch: 1, nonce: "n" };

/** A lease of 60 s at a time that passes when it is told to, and what became of each renewal. */
function leased(renewals: readonly (boolean | Error)[]) {
  let nowMs = 0;
  const sleeping: { untilMs: number; wake: () => void }[] = [];
  const sleep = (ms: number): Promise<void> =>
    new Promise((wake) => void sleeping.push({ untilMs: nowMs + ms, wake }));
  const clock = { now: () => nowMs, sleep };
  const renewedAt: number[] = [];
  const renew = (): Promise<boolean> => {
    const outcome = renewals[renewedAt.push(nowMs) - 1] ?? true;
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  let lost = 0;
  const { log, entries } = recordedLog();
  const moments = new SharedMoments(clock);
  const ports = { ledger: { renew }, log, clock, moments, leaseMs: 60_000 };
  const lease = new TurnLease(ports, fence, () => lost++);
  const to = async (atMs: number): Promise<void> => {
    for (; nowMs < atMs; nowMs += 1000) {
      for (const { untilMs, wake } of sleeping) if (untilMs <= nowMs) wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { lease, renewedAt, entries, to, lost: () => lost };
}

describe("the lease of a turn", () => {
  it("is renewed after each third of it, until it is ended", async () => {
    const { lease, renewedAt, to } = leased([]);
    await to(65_000);
    expect(renewedAt).toEqual([20_000, 40_000, 60_000]);
    expect(lease.isHeld).toBe(true);
    lease.end();
    await to(119_000);
    expect([renewedAt.length, lease.isHeld]).toEqual([3, true]);
    await to(121_000);
    expect(lease.isHeld).toBe(false);
    lease.settled();
    expect(lease.isHeld).toBe(true);
  });

  it("is tried again where the ledger cannot be written, and held no longer than it was renewed for", async () => {
    const { lease, renewedAt, entries, to, lost } = leased([
      true,
      new Error("a"),
      new Error("b"),
      new Error("c"),
    ]);
    await to(81_000);
    expect(renewedAt).toHaveLength(4);
    expect(entries.map(({ what }) => what)).toEqual(Array(3).fill("lease not renewed"));
    expect([lease.isHeld, lost()]).toEqual([false, 0]);
    await to(101_000);
    expect(lease.isHeld).toBe(true);
  });

  it("is lost, and told so once, where another one has the claim", async () => {
    const { lease, renewedAt, to, lost } = leased([true, false]);
    await to(100_000);
    expect(renewedAt).toEqual([20_000, 40_000]);
    expect([lease.isHeld, lost()]).toEqual([false, 1]);
  });
});
