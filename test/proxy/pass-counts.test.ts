import { expect, it } from "vitest";
import { PassCounts } from "../../src/proxy/pass-counts.ts";

const post = (guard: string) => ({ guard, mode: "enforce" }) as const;

it("counts by post and moment, and begins anew once it was taken", () => {
  let nowMs = 1000;
  const counts = new PassCounts(() => nowMs);
  expect(counts.take()).toBeNull();
  const [a, b] = [post("a"), post("b")];
  counts.add(a, "call");
  nowMs = 2000;
  counts.add(a, "call");
  counts.add(b, "prompt");
  expect(counts.take()).toEqual({
    fromMs: 1000,
    passes: [
      { ...a, moment: "call", count: 2 },
      { ...b, moment: "prompt", count: 1 },
    ],
  });
  expect(counts.take()).toBeNull();
});

it("adds up a guard that another configuration put on duty anew", () => {
  const counts = new PassCounts(() => 0);
  counts.add(post("a"), "call");
  counts.add(post("a"), "call");
  expect(counts.take()?.passes).toMatchObject([{ guard: "a", count: 2 }]);
});

it("takes back what could not be written, also twice", () => {
  let nowMs = 1000;
  const counts = new PassCounts(() => nowMs);
  const a = post("a");
  counts.add(a, "call");
  for (let i = 0; i < 2; i++) {
    const taken = counts.take();
    if (taken === null) throw new Error("nothing was counted");
    nowMs += 1000;
    counts.add(a, "call");
    counts.giveBack(taken);
  }
  expect(counts.take()).toMatchObject({ fromMs: 1000, passes: [{ guard: "a", count: 3 }] });
});
