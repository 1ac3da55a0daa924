import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GrowingText } from "../../src/wire/growing-text.ts";
import { collectGarbage } from "../proxy/support/collect-garbage.ts";

/** Texts of single bytes, of more, and pieces that end in the middle of a character. */
const pieces = fc.array(
  fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 40 }),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 })
      .map((units) => String.fromCharCode(...units)),
    fc.constantFrom("é".repeat(300), "x".repeat(1024), "x".repeat(1025), "語".repeat(3000)),
  ),
  { maxLength: 120 },
);

function grown(all: readonly string[]): GrowingText {
  const text = new GrowingText();
  for (const piece of all) text.append(piece);
  return text;
}

describe("a text that grows", () => {
  it("is what was put into it, whatever its pieces are", () => {
    fc.assert(
      fc.property(pieces, (all) => {
        const text = grown(all);
        expect(text.toString()).toBe(all.join(""));
        expect(text.isEmpty).toBe(all.join("") === "");
        text.append("end");
        expect(text.toString()).toBe(`${all.join("")}end`);
      }),
    );
  });

  it("puts characters together again that came in two pieces", () => {
    const whole = "👩‍🚀 says hi";
    expect(grown(Array.from({ length: whole.length }, (_, at) => whole.charAt(at))).toString()).toBe(whole);
  });

  it("is one text where texts of many scripts come one behind the other", () => {
    const all = Array.from({ length: 500 }, (_, n) => (n % 2 === 0 ? "latin one, " : "第二，"));
    expect(grown(all).toString()).toBe(all.join(""));
  });

  it("does not keep its pieces", () => {
    const kept = (make: () => unknown): number => {
      collectGarbage();
      const before = process.memoryUsage();
      const made = make();
      collectGarbage();
      const after = process.memoryUsage();
      expect(made).toBeDefined();
      return after.heapUsed + after.external - before.heapUsed - before.external;
    };
    const bytes = kept(() => {
      const text = new GrowingText();
      for (let n = 0; n < 200_000; n++) text.append(` word ${n % 1000}`);
      return text;
    });
    // 1.8 million characters; put together with += it takes more than ten million bytes.
    expect(bytes).toBeLessThan(3_000_000);
  });
});
