import { describe, expect, it } from "vitest";
import { jsonBytesMax, smallJson, wellFormed } from "../../src/ledger/bounds.ts";

describe("a small value", () => {
  it("is its JSON, and null where JSON has nothing to say", () => {
    expect(smallJson("value", { a: [1, "ü"] })).toBe('{"a":[1,"ü"]}');
    expect(smallJson("value", undefined)).toBe("null");
  });

  it("is measured in bytes, and refused over the bound", () => {
    expect(smallJson("value", "x".repeat(jsonBytesMax - 2))).toHaveLength(jsonBytesMax);
    expect(() => smallJson("a detail", "ü".repeat(jsonBytesMax / 2))).toThrow(
      "a detail has 65538 bytes, of at most 65536",
    );
  });
});

it("takes whole surrogate pairs and no name at all, not half a pair", () => {
  expect(() => wellFormed([null, "", "run 😀"])).not.toThrow();
  expect(() => wellFormed(["fine", "half \ud83d"])).toThrow(RangeError);
});
