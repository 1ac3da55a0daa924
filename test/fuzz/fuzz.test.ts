import { describe, expect, it } from "vitest";
import { fuzz, type Target } from "./fuzz.ts";
import { targets } from "./targets.ts";

/** Seconds for all targets together: a minute in each run of the tests, hours with `npm run fuzz`. */
const secondsInAll = 60;
const seconds = secondsInAll / targets.length;
// Another seed each day, so that what the runs look at grows; a finding names it.
const seed = Math.floor(Date.now() / 86_400_000);

describe("the fuzzer", () => {
  const planted: Target = {
    name: "planted",
    corpus: [Buffer.from("abcdefghijklmnop")],
    words: ["x", "yz"],
    check(input) {
      const text = Buffer.from(input).toString("latin1");
      if (/x.*yz/s.test(text)) throw new Error("planted");
      return text.includes("x") ? "x" : "none";
    },
  };

  it("finds a fault that was planted, and shrinks the input to what it needs", () => {
    const { finding, behaviours } = fuzz(planted, { seconds: 10, seed: 1 });
    expect(Buffer.from(finding?.input ?? "", "base64").toString()).toBe("xyz");
    expect(finding?.error).toContain("planted");
    expect(behaviours).toBe(2);
  });

  it("finds the same again with the same seed", () => {
    const [one, other] = [1, 1].map((again) => fuzz(planted, { seconds: 10, seed: again }).finding);
    expect(one).toEqual(other);
  });
});

describe.each(targets)("$name", (target) => {
  it("keeps its promises for any input", { timeout: seconds * 1000 + 60_000 }, () => {
    expect(target.corpus.length).toBeGreaterThan(0);
    const { finding, runs, behaviours } = fuzz(target, { seconds, seed });
    expect(finding).toBeNull();
    // Fewer would mean that nothing was tried.
    expect(runs).toBeGreaterThan(target.corpus.length);
    expect(behaviours).toBeGreaterThan(3);
  });
});
