import { describe, expect, it } from "vitest";
import { readingRequest, RequestLayout } from "../../../src/protocols/openai-chat/layout.ts";

describe("the layout of a request", () => {
  it("takes the last of duplicate members, and null for absent", () => {
    const layout = new RequestLayout('{"model":"a","model":"b","n":null}');
    expect(layout.value("model")).toBe("b");
    expect(layout.span("n")).toBeUndefined();
    expect(layout.value("stop")).toBeUndefined();
  });

  it("has elements only where an array stands", () => {
    const layout = new RequestLayout('{"messages":[1, 2],"tools":{}}');
    expect(layout.elements("messages")).toEqual([
      { start: 13, end: 14 },
      { start: 16, end: 17 },
    ]);
    expect(layout.elements("tools")).toBeUndefined();
  });

  it("knows the values of all members but those named", () => {
    const layout = new RequestLayout('{"a":1,"b":22,"a":3}');
    expect(layout.others("a")).toEqual([{ start: 11, end: 13 }]);
  });

  it("tells the caller what is wrong with the JSON, and where", () => {
    expect(() => readingRequest(() => new RequestLayout('{"a":}'))).toThrow(
      'The request body is not valid JSON. Expected a value at position 5, found "}".',
    );
    expect(() => readingRequest(() => new RequestLayout("[]"))).toThrow("not a JSON object");
  });

  it("leaves failures of another kind as they are", () => {
    const fault = new TypeError("a mistake of ours");
    expect(() =>
      readingRequest(() => {
        throw fault;
      }),
    ).toThrow(fault);
  });
});
