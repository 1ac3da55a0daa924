import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { RequestLayout } from "../../../src/protocols/openai-responses/layout.ts";
import { malformed, readingRequest } from "../../../src/protocols/request-faults.ts";

describe("the layout of a request", () => {
  it("knows the three forms of the input", () => {
    expect(new RequestLayout('{"model":"m"}').form).toBe("absent");
    expect(new RequestLayout('{"input":null}').form).toBe("absent");
    const text = new RequestLayout('{"input": "Hi"}');
    expect([text.form, text.items]).toEqual(["text", [{ start: 10, end: 14 }]]);
    expect(new RequestLayout('{"input":[{},{}]}').items).toHaveLength(2);
  });

  it("takes the last of members with one name and no null, and leaves the others to be checked", () => {
    const layout = new RequestLayout('{"a":1,"a":2,"b":null,"c":{}}');
    expect(layout.value("a")).toBe(2);
    expect(layout.span("b")).toBeUndefined();
    expect(layout.others("a").map(({ start }) => start)).toEqual([5, 17, 26]);
  });

  it("refuses what is no request, in the caller's words", () => {
    expect(() => new RequestLayout("[]")).toThrow(LongstopError);
    expect(() => new RequestLayout('{"input":7}')).toThrow('"input" must be a string or an array');
    expect(() => readingRequest('{"a"', () => new RequestLayout('{"a"'))).toThrow("not valid JSON");
    expect(() =>
      readingRequest("{}", () => {
        throw malformed("Mine.");
      }),
    ).toThrow("Mine.");
  });
});
