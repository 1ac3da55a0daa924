import { describe, expect, it } from "vitest";
import { CallReader } from "../../../src/validators/openapi/read-call.ts";
import { documentOf, requestOf, type TestCall } from "./calls.ts";

const parameters = [
  { name: "id", in: "path", required: true, schema: { type: "integer" } },
  { name: "q", in: "query", schema: { type: ["integer", "string"] } },
  { name: "X-List", in: "header", schema: { type: "array", items: { type: "integer" } } },
  { name: "X-One", in: "header", schema: { type: "integer" } },
];
const content = { "application/json": { schema: {} }, "text/plain": { schema: {} }, "image/*": {} };
const document = documentOf({
  openapi: "3.1.0",
  paths: { "/{id}": { post: { parameters, requestBody: { content } } } },
});

function read(line: string, call: TestCall = {}, id = "3"): ReturnType<CallReader["read"]> {
  const [operation] = document.operations;
  if (operation === undefined) throw new Error("no operation");
  return new CallReader(document.root).read(operation, new Map([["id", id]]), requestOf(line, call));
}

describe("a call", () => {
  it("is one JSON text of all its arguments", () => {
    const headers = [
      ["X-List", "1,2"],
      ["x-list", "3"],
      ["x-one", "4"],
      ["other", "5"],
    ] as const;
    const call = read("POST /3?q=7&r=8", { headers, body: ' {"a":1.0}' });
    expect(call.faults).toEqual([]);
    expect(call.text(new Set())).toBe(
      '{"path":{"id":3},"query":{"q":7,"r":"8"},"header":{"x-list":[1,2,3],"x-one":4},"body": {"a":1.0}}',
    );
    expect(call.text(new Set(["/query/q"]))).toContain('"q":"7"');
    expect(call.form?.type).toBe("application/json");
  });

  it("has what stands twice twice", () => {
    const headers = [
      ["x-one", "4"],
      ["X-One", "5"],
    ] as const;
    expect(read("POST /3?q=1&q=2", { headers }).text(new Set())).toContain(
      '{"q":1,"q":2},"header":{"x-one":4,"x-one":5}',
    );
  });

  it.each<[string, TestCall, string]>([
    ["POST /3?q=%", {}, "query : expected percent-encoded UTF-8"],
    ["POST /3", { body: "{", type: "application/json" }, "body : not valid JSON"],
    [
      "POST /3",
      { body: "<a/>", type: "text/xml" },
      "body : expected a body of the type application/json, text/plain, image/*; found text/xml.",
    ],
    ["POST /3", { body: "a", type: "" }, "found no Content-Type."],
    [
      "POST /3",
      { headers: { "X-HTTP-Method-Override": "DELETE" } },
      "header /x-http-method-override: this header asks for another operation",
    ],
  ])("has faults before any schema: %s", (line, call, fault) => {
    expect(
      read(line, call)
        .faults.map((one) => `${one.in} ${one.pointer}: ${one.message}`)
        .join("\n"),
    ).toContain(fault);
  });

  it("must not lead to another path at a server that decodes twice", () => {
    expect(read("POST /3", {}, "a/../b").faults).toMatchObject([{ in: "path", name: "id" }]);
    expect(read("POST /3", {}, "a/b..c").faults).toEqual([]);
  });

  it("has a body that is there, whatever it is", () => {
    const call = read("POST /3", { body: "bytes", type: "image/png" });
    expect([call.faults, call.form]).toEqual([[], null]);
    expect(call.text(new Set())).toContain('"body":0');
    expect(read("POST /3").text(new Set())).not.toContain("body");
  });
});
