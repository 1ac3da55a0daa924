import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toJsonSchema } from "../../../src/protocols/gemini/schema-dialect.ts";
import { ArgumentCheck } from "../../../src/validators/argument-check.ts";

const translated = (schema: unknown): unknown => JSON.parse(toJsonSchema(JSON.stringify(schema)));

describe("Google's dialect of schemas in JSON Schema", () => {
  it.each([
    [{ type: "STRING" }, { type: "string" }],
    [{ type: "Integer" }, { type: "integer" }],
    [{ type: 5 }, { type: "array" }],
    [{ type: "TYPE_UNSPECIFIED", description: "d" }, { description: "d" }],
    [{ type: "NUMBER", nullable: true }, { type: ["number", "null"] }],
    [{ type: "NULL", nullable: true }, { type: "null" }],
    [
      { type: "STRING", nullable: true, enum: ["a"] },
      { type: ["string", "null"], enum: ["a", null] },
    ],
    [
      { type: "INTEGER", format: "enum", enum: ["101", "x"] },
      { type: "integer", enum: [101, "x"], format: "enum" },
    ],
    [
      { type: "ARRAY", items: { type: "STRING" }, min_items: "2", maxItems: 3 },
      { type: "array", items: { type: "string" }, minItems: 2, maxItems: 3 },
    ],
    [
      {
        type: "OBJECT",
        properties: { type: { type: "STRING" } },
        propertyOrdering: ["type"],
        required: ["type"],
      },
      { type: "object", properties: { type: { type: "string" } }, required: ["type"] },
    ],
    [
      { any_of: [{ type: "STRING" }, { type: "OBJECT" }], nullable: true },
      { anyOf: [{ anyOf: [{ type: "string" }, { type: "object" }] }, { type: "null" }] },
    ],
    [
      { ref: "#/defs/Node", defs: { Node: { type: "OBJECT", additional_properties: { type: "BOOLEAN" } } } },
      {
        $ref: "#/$defs/Node",
        $defs: { Node: { type: "object", additionalProperties: { type: "boolean" } } },
      },
    ],
    [
      { type: "STRING", pattern: "^a", minLength: "1", example: "abc", title: null },
      { type: "string", pattern: "^a", minLength: 1 },
    ],
  ])("of %j is %j", (schema, standard) => {
    expect(translated(schema)).toEqual(standard);
  });

  it("leaves JSON Schema in lower case as it is, and what is no schema too", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string", enum: ["x"] } },
      additionalProperties: false,
    };
    expect(translated(schema)).toEqual(schema);
    for (const text of ["[]", "true", "{", '"x"']) expect(toJsonSchema(text)).toBe(text);
  });

  it("checks arguments as the declaration means them", async () => {
    const schema = toJsonSchema(
      JSON.stringify({
        type: "OBJECT",
        properties: { city: { type: "STRING" }, days: { type: "INTEGER", nullable: true } },
        required: ["city"],
      }),
    );
    const check = new ArgumentCheck({
      unknownParameters: "block",
      nulls: "block",
      coerce: "off",
      formats: new Set(),
      faultsMax: 20,
      argumentsBytesMax: 1e6,
      schemaBytesMax: 1e6,
      schemaVisitsMax: 50_000,
      schemaTimeoutMs: 2000,
      schemaHeapMegabytesMax: 64,
      schemaCacheBytesMax: 1e6,
    });
    const kinds = async (text: string) => (await check.check(text, schema)).kind;
    expect(await kinds('{"city":"Paris","days":null}')).not.toBe("faulty");
    for (const text of ["{}", '{"city":1}', '{"city":"x","days":1.5}', '{"city":"x","town":"y"}']) {
      expect(await kinds(text)).toBe("faulty");
    }
    await check.close();
  });

  it("never fails, whatever stands there", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => JSON.parse(toJsonSchema(text)) as unknown).not.toThrow();
      }),
    );
  });
});
