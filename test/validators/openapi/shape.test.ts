import { describe, expect, it } from "vitest";
import { Shape } from "../../../src/validators/openapi/shape.ts";

const root = {
  a: { type: "integer" },
  b: { anyOf: [{ $ref: "#/b" }, { $ref: "#/a" }, { type: "array", items: { type: "boolean" } }] },
  c: {
    allOf: [
      { properties: { x: { $ref: "#/a" } } },
      { properties: { y: {} }, additionalProperties: { type: "null" } },
    ],
  },
};
const types = (schema: unknown): unknown => {
  const shape = new Shape(root, schema);
  return shape.types === null ? null : [...shape.types].sort();
};

describe("the shape of a schema", () => {
  it.each<[unknown, unknown]>([
    [{ type: "integer" }, ["integer"]],
    [{ type: ["string", "null"] }, ["null", "string"]],
    [{ type: "string", nullable: true }, ["null", "string"]],
    [{ enum: [1, "a", true, null] }, ["boolean", "null", "number", "string"]],
    [{ const: { a: 1 } }, ["object"]],
    [{ items: {} }, ["array"]],
    [{ $ref: "#/b" }, ["array", "integer"]],
    [{ minimum: 3 }, null],
    [true, null],
    [undefined, null],
  ])("has its types: %j", (schema, expected) => {
    expect(types(schema)).toEqual(expected);
  });

  it("has its elements and members over all its forms", () => {
    const shape = new Shape(root, { $ref: "#/c" });
    expect([...shape.names].sort()).toEqual(["x", "y"]);
    expect(shape.member("x").may("integer")).toBe(true);
    expect(shape.member("other").may("null")).toBe(true);
    expect(shape.member("__proto__").may("integer")).toBe(false);
    expect(new Shape(root, { $ref: "#/b" }).element(0).may("boolean")).toBe(true);
    const listed = new Shape(root, { prefixItems: [{ type: "string" }], items: { type: "integer" } });
    expect([listed.element(0).may("string"), listed.element(1).may("integer")]).toEqual([true, true]);
  });

  it("ends for a schema of endless forms", () => {
    const forms: unknown[] = [];
    const endless = { anyOf: forms };
    forms.push(endless, { type: "string" });
    expect(types(endless)).toEqual(["string"]);
  });
});
