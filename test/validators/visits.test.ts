import { describe, expect, it } from "vitest";
import { readJson } from "../../src/validators/json-tree.ts";
import { readSchema } from "../../src/validators/read-schema.ts";
import { OverLimit } from "../../src/validators/schema.ts";
import { Steps, visitsOf } from "../../src/validators/visits.ts";

function visits(schema: unknown, value: unknown, most = 1_000_000_000): number {
  const tree = readSchema(JSON.stringify(schema), { schemaBytesMax: 1e6, formats: new Set() });
  return visitsOf(tree, readJson(JSON.stringify(value), { depthMax: 128 }), most);
}

/** Each of `levels` definitions refers twice to the one before. */
function doubling(levels: number): object {
  const $defs: Record<string, object> = { n0: { type: "string" } };
  for (let level = 1; level <= levels; level += 1) {
    const ref = { $ref: `#/$defs/n${level - 1}` };
    $defs[`n${level}`] = { allOf: [ref, ref] };
  }
  return { $defs, $ref: `#/$defs/n${levels}` };
}

const list = (count: number) => Array.from({ length: count }, () => 1);

describe("what a check costs", () => {
  it("doubles with each level of doubled references", () => {
    const [ten, eleven] = [visits(doubling(10), "x"), visits(doubling(11), "x")];
    expect(eleven / ten).toBeGreaterThan(1.9);
    expect(ten).toBeGreaterThan(1_024);
  });

  it("is counted without doing it: 100 levels are more than the limit, at once", () => {
    expect(visits(doubling(100), "x", 50_000)).toBe(50_001);
  });

  it("is known for recursion that branches with the value's depth", () => {
    const node = { properties: { a: { $ref: "#" } } };
    const branching = { anyOf: [node, node, node] };
    let value: object = {};
    for (let level = 0; level < 40; level += 1) value = { a: value };
    expect(visits(branching, value, 50_000)).toBe(50_001);
    expect(visits(branching, { a: {} }, 50_000)).toBeLessThan(100);
  });

  it("grows with the list, the choices and the text that a pattern reads", () => {
    expect(visits({ items: { type: "integer" } }, list(1_000))).toBeGreaterThan(1_000);
    expect(visits({ uniqueItems: true }, list(1_000))).toBeGreaterThan(1_000);
    expect(visits({ enum: list(8_000) }, 1)).toBeGreaterThan(1_000);
    const pattern = "^(?:a?){300}b$";
    expect(visits({ pattern }, "a".repeat(10_000)) / visits({ pattern }, "a".repeat(1_000))).toBeGreaterThan(
      9,
    );
  });

  it("is small for an ordinary tool", () => {
    const properties = Object.fromEntries(
      Array.from({ length: 20 }, (_, place) => [`p${place}`, { type: "string" }]),
    );
    expect(visits({ type: "object", properties, required: ["p1"] }, { p1: "a", p2: "b" })).toBeLessThan(50);
  });

  it("has a limit of depth as well as of number", () => {
    const steps = new Steps(1e9);
    const deeper = (): number => steps.within(deeper);
    expect(deeper).toThrow(OverLimit);
    expect(() => new Steps(3).spend(4)).toThrow(OverLimit);
  });
});
