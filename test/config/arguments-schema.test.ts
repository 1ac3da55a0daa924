import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

const tool = (written: string): string =>
  `tools: { shop: { url: "http://h.example", arguments: ${written} } }`;

describe("what a tool's calls are held against", () => {
  it("is enforced, and refuses what it does not know, unless it says otherwise", async () => {
    const { tools } = await configOf(tool('{ operations: [{ method: GET, path: "/a" }] }'));
    expect(tools["shop"]?.arguments).toMatchObject({
      mode: "enforce",
      unknownOperations: "refuse",
      unknownParameters: "refuse",
    });
    expect(
      Object.keys((await configOf('tools: { a: { url: "http://h.example" } }')).tools["a"] ?? {}),
    ).not.toContain("arguments");
  });

  it.each([
    ["{ mode: strict }", "arguments.mode"],
    ['{ openapi: a.yaml, basePath: "v1/" }', "arguments.basePath"],
    ["{ operations: [] }", "arguments.operations"],
    ["{ operations: [{ method: get, path: /a }] }", "operations[0].method"],
    ["{ operations: [{ method: GET, path: a }] }", "operations[0].path"],
    ["{ operations: [{ method: GET, path: /a, parameters: {} }] }", "operations[0].parameters"],
    ["{ openapi: [] }", "arguments.openapi"],
  ])("is faulty: %s", async (written, at) => {
    expect((await faultLines(tool(written))).join("\n")).toContain(at);
  });
});
