import { describe, expect, it } from "vitest";
import { RequestLayout } from "../../../src/protocols/openai-chat/layout.ts";
import { readingRequest } from "../../../src/protocols/request-faults.ts";

describe("the layout of a request", () => {
  it("takes the last of duplicate members, and null for absent", () => {
    const layout = new RequestLayout('{"model":"a","model":"b","n":null}');
    expect(layout.head).toMatchObject({ model: "b", choices: 1 });
    expect(layout.span("model")).toEqual({ start: 21, end: 24 });
    expect(layout.span("n")).toBeUndefined();
    expect(layout.root).toEqual({ start: 0, end: 34 });
  });

  it("has elements only where an array stands", () => {
    const layout = new RequestLayout('{"tools":[1, 2],"functions":{}}');
    expect(layout.elements("tools")).toEqual([
      { start: 10, end: 11 },
      { start: 13, end: 14 },
    ]);
    expect(layout.elements("functions")).toBeUndefined();
  });

  it("has the messages of the last list of them", () => {
    const one = '{"role":"user","content":"a"}';
    const layout = new RequestLayout(`{"messages":[${one},${one}],"messages":[ ${one} ]}`);
    expect(layout.cut.list?.elements.map(({ derived }) => derived.texts)).toEqual([["a"]]);
    expect(layout.rest).toBe(`{"messages":[${one},${one}],"messages":[ 0 ]}`);
    expect(new RequestLayout(`{"messages":[${one}],"messages":17}`).cut.list).toBeUndefined();
  });

  it.each([
    ['{"messages":[{"a":1,}]}', 20, '"}"'],
    ['{"messages":[],"stop":[1 2]}', 25, '"2"'],
    ['{"messages":[],"tools":{"a":tru}}', 28, '"t"'],
    ['{"tools":[tru],"tools":[]}', 10, '"t"'],
    ['{"messages":[]} {}', 16, '"{"'],
  ])("says where %s is no JSON", (body, place, found) => {
    expect(() => readingRequest(body, () => new RequestLayout(body))).toThrow(
      new RegExp(`at position ${place}, found ${found}`),
    );
  });
});
