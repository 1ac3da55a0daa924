import { expect, it } from "vitest";
import { columns } from "../../src/cli/table.ts";

it("makes columns as wide as their widest cell, without blanks at the ends of lines", () => {
  expect(
    columns([
      ["A", "LONG", "Z"],
      ["wide", "b", ""],
    ]),
  ).toBe("A     LONG  Z\nwide  b\n");
  expect(columns([])).toBe("");
});
