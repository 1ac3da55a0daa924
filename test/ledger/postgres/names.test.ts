import { expect, it } from "vitest";
import { readable, storable } from "../../../src/ledger/postgres/names.ts";

it("refuses a name with a NUL, which no text of PostgreSQL can have", () => {
  expect(() => storable([null, "", "run 😀"])).not.toThrow();
  expect(() => storable(["fine", "a\0b"])).toThrow(RangeError);
});

it("makes any sentence storable, and leaves an ordinary one as it is", () => {
  expect(readable("ann asked the bank 😀")).toBe("ann asked the bank 😀");
  expect(readable("a\0b\ud800c")).toBe("a\uFFFDb\uFFFDc");
});
