import { describe, expect, it } from "vitest";
import { SharedMoments } from "../../../src/proxy/turns/shared-moments.ts";

/** Time that passes when it is told to. */
function clockAt(nowMs: number) {
  const sleeping: { untilMs: number; wake: () => void }[] = [];
  return {
    sleeping,
    now: () => nowMs,
    sleep: (ms: number) => new Promise<void>((wake) => void sleeping.push({ untilMs: nowMs + ms, wake })),
    async to(atMs: number): Promise<void> {
      nowMs = atMs;
      for (const { untilMs, wake } of sleeping) if (untilMs <= atMs) wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("the moments that others wait for, too", () => {
  it("call all who wait for them, once, with one timer for each moment", async () => {
    const clock = clockAt(1000);
    const moments = new SharedMoments(clock);
    const called: string[] = [];
    const [one, two, three] = ["one", "two", "three"].map((name) => () => void called.push(name)) as [
      () => void,
      () => void,
      () => void,
    ];
    moments.join(1100, one);
    moments.join(1100, two);
    moments.join(1200, three);
    moments.join(1200, one);
    moments.leave(1200, one);
    moments.leave(1300, one);
    expect(clock.sleeping.map(({ untilMs }) => untilMs)).toEqual([1100, 1200]);
    await clock.to(1100);
    expect(called).toEqual(["one", "two"]);
    await clock.to(1200);
    expect(called).toEqual(["one", "two", "three"]);
    await clock.to(1300);
    expect(called).toHaveLength(3);
  });

  it("can be waited for again by who is called, and come at once where they are over", async () => {
    const clock = clockAt(1000);
    const moments = new SharedMoments(clock);
    let calls = 0;
    const again = (): void => {
      calls++;
      if (calls < 3) moments.join(500, again);
    };
    moments.join(500, again);
    for (let turn = 0; turn < 4; turn++) await clock.to(1000);
    expect(calls).toBe(3);
  });
});
