import { describe, expect, it } from "vitest";
import { plainShapeOf, type PlainShape } from "../../src/validators/plain-shape.ts";
import { underTest } from "./schema-under-test.ts";

function shapeOf(schema: unknown): PlainShape | null {
  return plainShapeOf(underTest(schema, {}).tree);
}

const named = { type: "object", properties: { a: { type: "string" } } };

describe("the plain shape of a schema", () => {
  it.each([
    ["references", { $ref: "#/$defs/n", $defs: { n: named } }],
    ["one form beside null", { anyOf: [named, { type: "null" }] }],
    ["further names that are refused", { ...named, additionalProperties: false }],
  ])("has the names of the schema, through %s", (_, schema) => {
    const shape = shapeOf(schema);
    expect(shape?.names.has("a")).toBe(true);
    expect(shape?.others).toBeUndefined();
  });

  it("has the names that must be given, too", () => {
    expect(shapeOf({ properties: {}, required: ["a"] })?.names.has("a")).toBe(true);
  });

  it("has further members where the schema does not list names, or says there may be some", () => {
    expect(shapeOf({ type: "object" })?.others).toBeDefined();
    expect(shapeOf({ ...named, additionalProperties: {} })?.others).toBeDefined();
    expect(shapeOf({ additionalProperties: named })?.others?.names.has("a")).toBe(true);
  });

  it.each([
    ["further names have a schema beside named ones", { ...named, additionalProperties: { type: "string" } }],
    ["names have patterns", { ...named, patternProperties: { "^x": {} } }],
    ["names have a schema", { propertyNames: { maxLength: 3 } }],
    ["names depend on others", { ...named, dependentRequired: { a: ["b"] } }],
    ["there are several forms", { anyOf: [named, { type: "object" }] }],
    ["there are conditions", { ...named, anyOf: [{ required: ["a"] }, { required: ["b"] }] }],
    ["names stand beside a reference", { ...named, $ref: "#/$defs/n", $defs: { n: named } }],
    ["names stand beside a form", { ...named, anyOf: [named, { type: "null" }] }],
    ["parts are put together", { allOf: [named, { properties: { b: {} } }] }],
    ["names that no keyword saw are refused", { ...named, unevaluatedProperties: false }],
  ])("is none where %s", (_, schema) => {
    expect(shapeOf(schema)).toBeNull();
  });

  it("holds nothing where a part is not plain", () => {
    const names = shapeOf({ properties: { a: { allOf: [named] }, b: { uniqueItems: true } } })?.names;
    expect(names?.get("a")).toMatchObject({ names: new Map(), others: undefined, elements: undefined });
    expect(names?.get("b")).toMatchObject({ names: new Map(), others: undefined, elements: undefined });
  });

  it("holds itself where the schema does", () => {
    const shape = shapeOf({ properties: { next: { $ref: "#" } } });
    const next = shape?.names.get("next");
    expect(next?.names.get("next")).toBe(next);
  });

  it("is none at the end of a long chain of references", () => {
    const links = [1, 2, 3, 4, 5, 6].map((link) => [link, { $ref: `#/$defs/${link + 1}` }]);
    expect(shapeOf({ $ref: "#/$defs/6", $defs: { ...Object.fromEntries(links), 7: named } })).not.toBeNull();
    expect(shapeOf({ $ref: "#/$defs/1", $defs: { ...Object.fromEntries(links), 7: named } })).toBeNull();
  });

  it("is none where references alone take too many steps", () => {
    const doubled = Object.fromEntries(
      Array.from({ length: 20 }, (_, level) => {
        const ref = { $ref: `#/$defs/${level + 1}` };
        return [level, { allOf: [ref, { ...ref }] }];
      }),
    );
    expect(shapeOf({ properties: { a: { $ref: "#/$defs/0" } }, $defs: { ...doubled, 20: {} } })).toBeNull();
  });

  it("costs more for strings that a pattern is held against", () => {
    const names = shapeOf({ properties: { a: { pattern: "^a+b$" }, b: {} } })?.names;
    expect(names?.get("a")?.costPerCharacter).toBeGreaterThan(0);
    expect(names?.get("b")?.costPerCharacter).toBe(0);
  });
});
