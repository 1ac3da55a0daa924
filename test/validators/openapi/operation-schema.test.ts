import { describe, expect, it } from "vitest";
import { operationSchema, type SchemaRules } from "../../../src/validators/openapi/operation-schema.ts";
import { OverLimit } from "../../../src/validators/schema.ts";
import { documentOf } from "./calls.ts";

const rules: SchemaRules = { unknownParameters: "refuse", suppliedHeaders: new Set(["x-key"]) };

function schemaOf(
  openapi: string,
  schema: unknown,
  schemas: Readonly<Record<string, unknown>> = {},
  type = "application/json",
): Record<string, unknown> {
  const content = { [type]: { schema } };
  const operation = { requestBody: { content } };
  const document = documentOf({ openapi, paths: { "/": { post: operation } }, components: { schemas } });
  const [first] = document.operations;
  const form = first?.body?.forms.get(type);
  if (first === undefined || form === undefined) throw new Error("no operation");
  return JSON.parse(operationSchema(document, first, { type, form }, rules)) as Record<string, unknown>;
}

const bodyOf = (made: Record<string, unknown>): unknown =>
  (made["properties"] as Record<string, unknown>)["body"];

describe("the schema of an operation", () => {
  it("has what is checked and all that it refers to, and nothing else", () => {
    const made = schemaOf(
      "3.1.0",
      {
        $ref: "#/components/schemas/a",
        description: "d",
        maxProperties: 3,
        "x-y": 1,
        example: { $ref: "no" },
      },
      {
        a: {
          properties: { b: { $ref: "#/components/schemas/a" }, c: { $ref: "#/components/schemas/d/items" } },
        },
        d: { items: { type: "string" } },
        unused: {},
      },
    );
    expect(bodyOf(made)).toEqual({ $ref: "#/$defs/0", maxProperties: 3 });
    expect(made["$defs"]).toEqual([
      { properties: { b: { $ref: "#/$defs/0" }, c: { $ref: "#/$defs/1" } } },
      { type: "string" },
    ]);
  });

  it("leaves out what stands beside a reference in 3.0, where it is ignored", () => {
    const schemas = { a: { type: "object" } };
    const schema = { $ref: "#/components/schemas/a", maxProperties: 3 };
    expect(bodyOf(schemaOf("3.0.3", schema, schemas))).toEqual({ $ref: "#/$defs/0" });
  });

  it("does not ask for what is only read", () => {
    const schema = {
      required: ["id", "ref", "name"],
      properties: { id: { readOnly: true }, ref: { $ref: "#/components/schemas/a" }, name: {} },
    };
    expect(bodyOf(schemaOf("3.1.0", schema, { a: { readOnly: true } }))).toMatchObject({
      required: ["name"],
    });
  });

  it("takes anything for a file of a multipart form, and only there", () => {
    const schema = {
      properties: {
        f: { type: "string", format: "binary", maxLength: 1 },
        g: { items: { contentMediaType: "a/b", pattern: "x" } },
      },
    };
    expect(bodyOf(schemaOf("3.0.3", schema, {}, "multipart/form-data"))).toEqual({
      properties: { f: true, g: { items: true } },
    });
    expect(bodyOf(schemaOf("3.0.3", schema))).toMatchObject({ properties: { f: { maxLength: 1 } } });
  });

  it("closes the query unless unknown parameters pass, and asks for no header that the gateway adds", () => {
    const parameters = [
      { name: "q", in: "query", required: true, allowEmptyValue: true, schema: { type: "integer" } },
      { name: "X-Key", in: "header", required: true, schema: {} },
      { name: "X-Other", in: "header", required: true, schema: {} },
      { name: "__proto__", in: "query", schema: {} },
    ];
    const document = documentOf({ openapi: "3.1.0", paths: { "/": { get: { parameters } } } });
    const [operation] = document.operations;
    if (operation === undefined) throw new Error("no operation");
    const closed = operationSchema(document, operation, null, rules);
    expect(JSON.parse(closed)).toMatchObject({
      properties: {
        query: {
          required: ["q"],
          additionalProperties: false,
          properties: { q: { anyOf: [{ type: "integer" }, { const: "" }] } },
        },
        header: { required: ["x-other"] },
        body: false,
      },
    });
    expect(closed).toContain('"__proto__":{}');
    const open = operationSchema(document, operation, null, { ...rules, unknownParameters: "pass" });
    expect(open).not.toContain("additionalProperties");
    expect(open).not.toContain('"body"');
  });

  it("is given up where it has too many parts", () => {
    const properties = Object.fromEntries(Array.from({ length: 25_000 }, (_, place) => [`p${place}`, {}]));
    expect(() => schemaOf("3.1.0", { properties })).toThrow(OverLimit);
  });
});
