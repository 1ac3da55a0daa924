import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJsonSource } from "../../src/config/json-source.ts";

const text = '{\n  "a": { "b/c": [1, "two"] },\n  "a": 3\n}';

describe("a source of JSON", () => {
  it("is the value that its text says", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(readJsonSource("a.json", json, 100).value).toEqual(JSON.parse(json));
      }),
    );
  });

  it("has each key once, or says where not", () => {
    expect(readJsonSource("a.json", text, 100).faults).toEqual([
      { path: "", origin: "a.json", line: 3, column: 3, length: 3, expected: "every key once", found: "a" },
    ]);
  });

  it("knows the place of everything, or of the nearest thing above it", () => {
    const source = readJsonSource("a.json", text.replace('"a": 3', '"d": 3'), 100);
    expect(source.placeOf(["a", "b/c", 1], "value")).toEqual({ line: 2, column: 21, length: 5 });
    expect(source.placeOf(["a", "gone", 1], "value")).toEqual({ line: 2, column: 8, length: 1 });
    expect(source.placeOf([], "value")).toEqual({ line: 1, column: 1, length: 1 });
  });

  it("says where it is none, or nests too deep", () => {
    const broken = readJsonSource("a.json", '{\n "a": nope }', 100);
    expect(broken.value).toBeUndefined();
    expect(broken.faults).toMatchObject([{ line: 2, column: 7, expected: "a JSON value", found: "nope }" }]);
    expect(readJsonSource("a.json", "[".repeat(101), 100).faults[0]?.expected).toContain(
      "at most 100 levels",
    );
  });
});
