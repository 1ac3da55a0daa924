import { describe, expect, it } from "vitest";
import type { Cell } from "../../bench/cell.ts";
import { phaseTables } from "../../bench/report.ts";

function cell(subject: string, repeat: number, requestsPerSecond: number, errors = 0): Cell {
  const figures = { requestsPerSecond, p50Us: 2500, disturbedSubject: 0.1 * repeat, disturbedLoad: 0.5 };
  return { phase: "throughput", scenario: "1k", subject, repeat, errors, figures };
}

const titles = { direct: "direct", bare: "bare hono + undici", with: "longstop with all posts" };

describe("the table of a phase", () => {
  const cells = [
    cell("bare", 0, 100),
    cell("with", 0, 60, 2),
    cell("bare", 1, 300),
    cell("with", 1, 100, 3),
    cell("bare", 2, 200),
    cell("with", 2, 80),
  ];

  it("has medians over the repeats, ratios to bare, and all errors", () => {
    const [head = "", ...rows] = phaseTables(cells, "throughput", titles).split("\n");
    expect(head).toMatch(/^throughput, 1k +req\/s +÷ bare +CPU µs\/req .*errors$/);
    expect(rows[0]).toMatch(/^bare hono \+ undici +200 +1.00 +– +– +2.5 .* 0$/);
    expect(rows[1]).toMatch(/^longstop with all posts +80 +0.40 +– +– +2.5 .* 5$/);
  });

  it("says how much others took, because that is how far the figures can be trusted", () => {
    expect(phaseTables(cells, "throughput", titles)).toContain(
      "Other programs took 10 % (at most 20 %) of the time that subjects wanted, and 50 % (at most 50 %) of the mock's.",
    );
  });

  it("has one table for each scenario, and none for a phase that did not run", () => {
    const two = [...cells, ...cells.map((one) => ({ ...one, scenario: "1m" }))];
    expect(phaseTables(two, "throughput", titles).match(/^throughput, 1[km]/gm)).toHaveLength(2);
    expect(phaseTables(two, "streams", titles)).toBe("");
  });
});
