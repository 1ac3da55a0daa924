import { describe, expect, it } from "vitest";
import { DocumentFaults } from "../../../src/validators/openapi/document-fault.ts";
import { readBody, readParameters, type Reading } from "../../../src/validators/openapi/read-parts.ts";

const root = { components: { parameters: { p: { name: "p", in: "query", schema: { type: "integer" } } } } };
const reading = (): Reading => ({ root, faults: new DocumentFaults(), schemas: [] });

function parameters(...list: readonly unknown[]): {
  read: ReturnType<typeof readParameters>;
  faults: readonly string[];
} {
  const at = reading();
  const read = readParameters(at, { value: list, pointer: "/p" });
  return { read, faults: at.faults.list.map(({ pointer, expected }) => `${pointer}: ${expected}`) };
}

describe("the parameters of an operation", () => {
  it("have the style and explode of their place, unless they say another", () => {
    const { read, faults } = parameters(
      { $ref: "#/components/parameters/p" },
      { name: "id", in: "path", required: true, schema: {} },
      { name: "X", in: "header", schema: {}, explode: true },
      { name: "d", in: "query", style: "deepObject", schema: {} },
      { name: "j", in: "query", content: { "application/json; v=1": { schema: true } } },
      { name: "Authorization", in: "header", schema: {} },
      { name: "c", in: "cookie", schema: {} },
    );
    expect(faults).toEqual([]);
    expect(read.parameters.map((one) => [one.name, one.style, one.explode, one.isJson])).toEqual([
      ["p", "form", true, false],
      ["id", "simple", false, false],
      ["X", "simple", true, false],
      ["d", "deepObject", false, false],
      ["j", "form", true, true],
    ]);
    expect(read.openQuery).toBe(false);
    expect(parameters({ name: "q", in: "querystring", content: {} }).read.openQuery).toBe(true);
  });

  it("are faults, all at once", () => {
    expect(
      parameters(
        { in: "query", schema: {} },
        { name: "a", in: "body", schema: {} },
        { name: "b", in: "path", schema: {} },
        { name: "c", in: "query", style: "simple", schema: {} },
        { name: "d", in: "query" },
        { name: "e", in: "query", content: { "a/b": {}, "c/d": {} } },
        { name: "f", in: "query", schema: {} },
        { name: "f", in: "query", schema: {} },
        7,
      ).faults,
    ).toEqual([
      "/p/0: a parameter with a name",
      "/p/1/in: one of path, query, header, cookie",
      "/p/2/required: required: true, as every path parameter has it",
      "/p/3/style: one of form, spaceDelimited, pipeDelimited, deepObject",
      "/p/4: a schema, or content",
      "/p/5/content: one media type, and no schema beside it",
      "/p/7: each parameter once",
      "/p/8: an object",
    ]);
  });
});

describe("the body of an operation", () => {
  it("has its forms by media type, and leaves their schemas to the survey", () => {
    const at = reading();
    const content = { "Application/JSON; charset=utf-8": { schema: { type: "object" } }, "image/*": {} };
    const body = readBody(at, { value: { required: true, content }, pointer: "/b" });
    expect([body?.required, [...(body?.forms.keys() ?? [])]]).toEqual([
      true,
      ["application/json", "image/*"],
    ]);
    expect(at.schemas).toEqual([
      { value: { type: "object" }, pointer: "/b/content/Application~1JSON; charset=utf-8/schema" },
    ]);
    expect(readBody(at, { value: undefined, pointer: "/b" })).toBeNull();
    expect(readBody(at, { value: {}, pointer: "/b" })).toBeNull();
    expect(at.faults.list.map(({ pointer }) => pointer)).toEqual(["/b/content"]);
  });
});
