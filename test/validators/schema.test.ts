import { describe, expect, it } from "vitest";
import { conditional } from "./schema-under-test.ts";
import { below, inPlace, type SchemaNode } from "../../src/validators/schema.ts";

const names = (schemas: readonly unknown[]): string[] =>
  schemas.map((found) => String((found as SchemaNode).const)).toSorted((a, b) => (a < b ? -1 : 1));
const one = (name: string): SchemaNode => ({ const: name });

describe("the schemas inside a schema", () => {
  it("are told apart by whether they are about the same value or one inside it", () => {
    const schema: SchemaNode = {
      $ref: "#/$defs/1",
      allOf: [one("allOf")],
      anyOf: [one("anyOf")],
      oneOf: [one("oneOf")],
      not: one("not"),
      ...conditional(one("if"), one("then"), one("else")),
      dependentSchemas: { a: one("dependentSchemas") },
      prefixItems: [one("prefixItems")],
      items: one("items"),
      contains: one("contains"),
      unevaluatedItems: one("unevaluatedItems"),
      properties: { a: one("properties") },
      patternProperties: { a: one("patternProperties") },
      additionalProperties: one("additionalProperties"),
      propertyNames: one("propertyNames"),
      unevaluatedProperties: one("unevaluatedProperties"),
    };
    expect(names(inPlace(schema, () => one("$ref")))).toEqual([
      "$ref",
      "allOf",
      "anyOf",
      "dependentSchemas",
      "else",
      "if",
      "not",
      "oneOf",
      "then",
    ]);
    expect(names(below(schema))).toEqual([
      "additionalProperties",
      "contains",
      "items",
      "patternProperties",
      "prefixItems",
      "properties",
      "propertyNames",
      "unevaluatedItems",
      "unevaluatedProperties",
    ]);
  });

  it("may be a hundred thousand without overflowing the stack", () => {
    const many = Array.from({ length: 200_000 }, () => true);
    expect(inPlace({ anyOf: many }, () => true)).toHaveLength(200_000);
    expect(below({ prefixItems: many })).toHaveLength(200_000);
  });
});
