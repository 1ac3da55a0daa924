import { describe, expect, it } from "vitest";
import { arrayOf, numberOf, objectOf, objectsOf, stringOf } from "../../src/wire/json-value.ts";

describe("looking into a JSON value", () => {
  it("gives an object only where an object stands", () => {
    expect(objectOf({ a: 1 })).toEqual({ a: 1 });
    for (const other of [null, [], "a", 1, undefined]) expect(objectOf(other)).toBeUndefined();
  });

  it("gives elements only of an array", () => {
    expect(arrayOf([1, null])).toEqual([1, null]);
    expect(arrayOf({ length: 1 })).toEqual([]);
    expect(objectsOf([{ a: 1 }, null, [], "x", { b: 2 }])).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it("does not convert between strings and numbers", () => {
    expect([stringOf("1"), stringOf(1)]).toEqual(["1", undefined]);
    expect([numberOf(1), numberOf("1")]).toEqual([1, undefined]);
  });
});
