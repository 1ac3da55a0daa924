import { describe, expect, it } from "vitest";
import { bookshop, documentOf, faultsOf } from "./calls.ts";

const operation = { responses: {} };
const api = (paths: unknown, more: object = {}): unknown => ({ openapi: "3.1.0", paths, ...more });

describe("an OpenAPI document", () => {
  it("is read with all its operations", () => {
    const { operations, isOld } = documentOf(bookshop);
    expect(isOld).toBe(false);
    expect(operations.map(({ method, template }) => `${method} ${template.written}`)).toEqual([
      "GET /books",
      "POST /books",
      "GET /books/bestseller",
      "GET /books/{isbn}",
      "DELETE /books/{isbn}",
      "PATCH /books/{isbn}",
      "PUT /books/{isbn}/cover",
      "POST /orders",
      "GET /orders/{id}",
      "POST /orders/{id}:cancel",
      "POST /reviews",
      "POST /payments",
    ]);
    expect(operations[0]?.basePaths).toEqual(["/v2"]);
    expect(operations[0]?.queryKeys).toEqual(["api_key"]);
  });

  it.each<[unknown, string]>([
    [null, ": an OpenAPI document"],
    [{ swagger: "2.0" }, "/swagger: an OpenAPI document"],
    [{ openapi: 3.1 }, "/openapi: an OpenAPI document"],
    [{ openapi: "4.0.0" }, "/openapi: an OpenAPI document"],
    [{ openapi: "3.1.0" }, "/paths: at least one operation, none"],
    [api([]), "/paths: an object of paths, a list"],
    [api({ "a/b": { get: operation } }), "/paths/a~1b: a path that begins with /"],
    [api({ "/a": { get: 3 } }), "/paths/~1a/get: an operation, 3"],
    [api({ "/a": { get: operation } }, { servers: {} }), "/servers: a list of servers"],
    [api({ "/{a}": { get: operation } }), '/paths/~1{a}/get: a path parameter called "a", none'],
    [api({ "/a": { $ref: "paths.yaml#/a" } }), "/paths/~1a/$ref: a reference inside this document"],
  ])("is faulty: %j", (document, fault) => {
    expect(faultsOf(document)[0]).toContain(fault);
  });

  it("is told all its faults at once", () => {
    const parameter = (name: string): unknown => ({
      name,
      in: "path",
      required: true,
      schema: { type: "int" },
    });
    const faults = faultsOf(
      api({
        "/a/{x}": { get: { parameters: [parameter("x")] } },
        "/a/{y}": { get: { parameters: [parameter("y")] } },
        "/b": { get: { parameters: [parameter("id")] }, post: { requestBody: { $ref: "#/gone" } } },
      }),
    );
    expect(faults.map((fault) => fault.split(":", 1)[0])).toEqual([
      "/paths/~1a~1{y}",
      "/paths/~1b/get",
      "/paths/~1b/post/requestBody/$ref",
      "/paths/~1a~1{x}/get/parameters/0/schema/type",
      "/paths/~1b/get/parameters/0/schema/type",
    ]);
  });

  it("has the parameters of a path for each of its operations, unless one has its own", () => {
    const shared = { name: "a", in: "query", schema: { type: "string" } };
    const own = { name: "a", in: "query", required: true, schema: { type: "integer" } };
    const { operations } = documentOf(
      api({ "/a": { parameters: [shared], get: { parameters: [own] }, put: operation } }),
    );
    expect(operations.map(({ parameters }) => parameters.map(({ required }) => required))).toEqual([
      [true],
      [false],
    ]);
  });

  it("of 3.2 has the method QUERY, and any other", () => {
    const paths = { "/a": { query: operation, additionalOperations: { LINK: operation } } };
    const { operations } = documentOf({ openapi: "3.2.0", paths });
    expect(operations.map(({ method }) => method)).toEqual(["QUERY", "LINK"]);
  });
});
