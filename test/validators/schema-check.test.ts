import { describe, expect, it } from "vitest";
import { readSchema } from "../../src/validators/read-schema.ts";
import { BrokenSchema } from "../../src/validators/schema.ts";
import { compileCheck } from "../../src/validators/schema-check.ts";

function check(schema: unknown, formats: readonly string[] = []) {
  const known = new Set(formats);
  return compileCheck(
    readSchema(JSON.stringify(schema), { schemaBytesMax: 1e6, formats: known }).targets,
    known,
  );
}

describe("a compiled schema", () => {
  it("says the first thing that does not fit, or null", () => {
    const checked = check({ type: "object", properties: { a: { type: "integer" } }, required: ["a"] });
    expect(checked({ a: 1 })).toBeNull();
    expect(checked({ a: "1" })).toEqual({ pointer: "/a", keyword: "type", params: '{"type":["integer"]}' });
    expect(checked({})).toMatchObject({ keyword: "required" });
  });

  it("does not take what every object inherits for a parameter", () => {
    const checked = check({
      type: "object",
      required: ["toString"],
      properties: { constructor: { type: "string" } },
    });
    expect(checked({})).toMatchObject({ keyword: "required" });
    expect(checked({ toString: 1 })).toBeNull();
  });

  it("shares nothing with other schemas, even with an equal id", () => {
    const id = "https://example.com/shared";
    expect(check({ $id: id, type: "string" })("a")).toBeNull();
    expect(check({ $id: id, type: "number" })("a")).toMatchObject({ keyword: "type" });
  });

  it("follows references, recursion among them", () => {
    const checked = check({
      type: "object",
      properties: { child: { $ref: "#" } },
      additionalProperties: false,
    });
    expect(checked({ child: { child: {} } })).toBeNull();
    expect(checked({ child: { other: {} } })).toMatchObject({
      pointer: "/child",
      keyword: "additionalProperties",
    });
  });

  it("finds repeats in a long list of objects without comparing each with each", () => {
    const checked = check({ uniqueItems: true });
    const list = Array.from({ length: 50_000 }, (_, place) => ({ place }));
    expect(checked(list)).toBeNull();
    expect(checked([...list, { place: 7 }])).toMatchObject({ keyword: "uniqueItems" });
  });

  it("enforces the formats that it was given, and unevaluated properties", () => {
    expect(check({ format: "date" }, ["date"])("today")).toMatchObject({ keyword: "format" });
    expect(check({ format: "int32" }, ["int32"])(2 ** 40)).toMatchObject({ keyword: "format" });
    expect(check({ format: "date" })("today")).toBeNull();
    const closed = check({ allOf: [{ properties: { a: true } }], unevaluatedProperties: false });
    expect(closed({ a: 1 })).toBeNull();
    expect(closed({ b: 1 })).toMatchObject({ keyword: "unevaluatedProperties" });
  });

  it("keeps the patterns of one schema apart", () => {
    const checked = check({ patternProperties: { "^a": { pattern: "^x" }, "^b": { pattern: "^y" } } });
    expect(checked({ a: "x", b: "y" })).toBeNull();
    expect(checked({ a: "x", b: "x" })).toMatchObject({ pointer: "/b", keyword: "pattern" });
  });

  it("is broken where it refers to what is not there", () => {
    expect(() => compileCheck([{ $ref: "#/$defs/7" }], new Set())).toThrow(BrokenSchema);
  });
});
