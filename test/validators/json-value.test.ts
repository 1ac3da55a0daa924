import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson } from "../../src/validators/json-tree.ts";
import { areUnique, sortedJson, toValue, typeFits } from "../../src/validators/json-value.ts";

const node = (text: string) => readJson(text, { depthMax: 32 });

describe("values", () => {
  it("have a member called __proto__ like any other", () => {
    const value = toValue(node('{"__proto__":{"admin":true}}')) as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(value["admin"]).toBeUndefined();
  });

  it.each([
    ["1.0", "integer", true],
    ["1.5", "integer", false],
    ["1.5", "number", true],
    ["1e400", "number", false],
    ["true", "boolean", true],
    ["null", "object", false],
    ["[]", "array", true],
  ] as const)("%s is of type %s: %s", (text, type, fits) => {
    expect(typeFits(node(text), [type])).toBe(fits);
  });

  it("are equal whatever the order of their members", () => {
    expect(sortedJson({ b: [1, { d: 1, c: -0 }], a: "x" })).toBe(
      sortedJson({ a: "x", b: [1, { c: 0, d: 1 }] }),
    );
    expect(sortedJson(["1"])).not.toBe(sortedJson([1]));
  });

  it("are unique exactly if no two are equal", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 6 }), (list) => {
        const keys = list.map((value) => sortedJson(value));
        expect(areUnique(list)).toBe(new Set(keys).size === list.length);
      }),
    );
    expect(
      areUnique([
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ).toBe(false);
  });
});
