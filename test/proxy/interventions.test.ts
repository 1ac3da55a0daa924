import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interventionsLine } from "../../src/proxy/interventions.ts";
import type { Intervention } from "../../src/proxy/judge.ts";

const one: Intervention = { guard: "tool-schema", moment: "call", verdict: "block", reason: "no such tool" };

describe("the line that says what was done", () => {
  it("counts equal interventions instead of repeating them", () => {
    const line = interventionsLine([one, { ...one, reason: "another" }, { ...one, verdict: "rewrite" }], {
      repairs: 1,
    });
    expect(JSON.parse(line)).toEqual({
      interventions: [
        { guard: "tool-schema", moment: "call", verdict: "block", count: 2, reason: "no such tool" },
        { guard: "tool-schema", moment: "call", verdict: "rewrite", count: 1, reason: "no such tool" },
      ],
      repairs: 1,
    });
  });

  it("says what is not ASCII in escapes, and stays one line", () => {
    const line = interventionsLine([{ ...one, reason: 'né\n"x" 💥' }]);
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(line)).toMatchObject({ interventions: [{ reason: 'né\n"x" 💥' }] });
  });

  it("says DEL in an escape, which JSON leaves as it is and a header may not have", () => {
    const line = interventionsLine([{ ...one, reason: "a\x7fb" }]);
    expect(line).toContain("a\\u007fb");
    expect(JSON.parse(line)).toMatchObject({ interventions: [{ reason: "a\x7fb" }] });
  });

  it("leaves out the last ones rather than grow without end, and shortens reasons", () => {
    const many = Array.from({ length: 50 }, (_, i) => ({
      ...one,
      guard: `guard-${i}`,
      reason: "é".repeat(5_000),
    }));
    const line = interventionsLine(many);
    expect(line.length).toBeLessThanOrEqual(2_000);
    const { interventions } = JSON.parse(line) as { interventions: Intervention[] };
    expect(interventions.map(({ guard }) => guard)).toEqual(["guard-0"]);
    expect(interventions[0]?.reason).toBe(`${"é".repeat(160)}…`);
  });

  it("is a header value of bounded length for any reasons", () => {
    const intervention = fc.record({
      guard: fc.stringMatching(/^[a-z-]{1,30}$/),
      moment: fc.constantFrom("offer", "call", "result", "prompt", "reply"),
      verdict: fc.constantFrom("rewrite", "answer", "confirm", "block"),
      reason: fc.string({ unit: "binary", maxLength: 200 }),
    }) as fc.Arbitrary<Intervention>;
    fc.assert(
      fc.property(fc.array(intervention, { minLength: 1, maxLength: 15 }), (list) => {
        const line = interventionsLine(list, { repairs: 2 });
        expect(line.length).toBeLessThanOrEqual(2_000);
        expect(line).toMatch(/^[\x20-\x7e]+$/);
        const read = JSON.parse(line) as { interventions: unknown[]; repairs: number };
        expect(read.interventions.length).toBeGreaterThan(0);
        expect(read.repairs).toBe(2);
      }),
      { numRuns: 50 },
    );
  });
});
