import { describe, expect, it } from "vitest";
import { documentOfOperations } from "../../src/config/inline-operations.ts";
import { faultsOf } from "../validators/openapi/calls.ts";

type Json = Readonly<Record<string, unknown>>;

function documentOf(...operations: readonly Json[]): Json {
  const { document, findings } = documentOfOperations(operations, ["at"]);
  expect(findings).toEqual([]);
  expect(faultsOf(document)).toEqual([]);
  return document as Json;
}

describe("operations of the configuration", () => {
  it("are a document, each schema in a place of its own so that its references lead into it", () => {
    const query = {
      properties: { "a/b": { $ref: "#/$defs/x" } },
      required: ["a/b"],
      $defs: { x: { enum: [{ $ref: "#/x" }] } },
    };
    const document = documentOf(
      { method: "GET", path: "/o/{id}", query },
      { method: "PUT", path: "/o/{id}", body: { items: { $ref: "#" } } },
    );
    expect(document["x-schemas"]).toContainEqual({
      properties: { "a/b": { $ref: "#/x-schemas/1/$defs/x" } },
      required: ["a/b"],
      $defs: { x: { enum: [{ $ref: "#/x" }] } },
    });
    expect((document["paths"] as Json)["/o/{id}"]).toMatchObject({
      get: {
        parameters: [
          { name: "id", in: "path", required: true, schema: { type: "string" } },
          { name: "a/b", in: "query", required: true, schema: { $ref: "#/x-schemas/1/properties/a~1b" } },
        ],
      },
      put: { requestBody: { required: true } },
    });
  });

  it("stand there once each, with parameters that are checked each for itself", () => {
    const operation = {
      method: "GET",
      path: "/a",
      query: { dependentRequired: {}, additionalProperties: false },
    };
    expect(documentOfOperations([operation, { ...operation, query: {} }], ["at"]).findings).toMatchObject([
      { path: ["at", 0, "query", "dependentRequired"] },
      { path: ["at", 0, "query", "additionalProperties"] },
      { path: ["at", 1], expected: "each operation once" },
    ]);
  });
});
