import { describe, expect, it } from "vitest";
import { number, table } from "../../bench/table.ts";

describe("a table", () => {
  it("has names to the left, numbers to the right, and no blank at the end of a line", () => {
    const rows = [
      ["bare", "8,166", ""],
      ["longstop without posts", "5", "1.00"],
    ];
    expect(table(["1k", "req/s", "÷ bare"], rows)).toBe(
      [
        "1k                      req/s  ÷ bare",
        "bare                    8,166",
        "longstop without posts      5    1.00",
      ].join("\n"),
    );
  });

  it("takes words in more than one column", () => {
    expect(table(["a", "b", "c"], [["long", "x", "100"]], 2)).toBe("a     b    c\nlong  x  100");
  });
});

describe("a number in a table", () => {
  it.each([
    [8166.4, 0, "8,166"],
    [0.4, 2, "0.40"],
    [-3.26, 1, "-3.3"],
    [Number.NaN, 0, "–"],
    [Number.POSITIVE_INFINITY, 2, "–"],
  ])("%d with %d decimals is %s", (value, decimals, text) => {
    expect(number(value, decimals)).toBe(text);
  });
});
