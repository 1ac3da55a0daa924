import { describe, expect, it } from "vitest";
import { findLayout, layoutOf } from "../../../src/protocols/anthropic-messages/layout.ts";
import { readingRequest } from "../../../src/protocols/request-faults.ts";
import { promptOf } from "./traffic.ts";

describe("the layout of a request", () => {
  it("finds the members that edits touch; of duplicates the last", () => {
    const body = '{"messages":[],"system":"a", "messages" : [ {"role":"user"} , {} ],"tools":null}';
    const layout = findLayout(body);
    const slice = (span?: { start: number; end: number }) => span && body.slice(span.start, span.end);
    expect(slice(layout.messages.span)).toBe('[ {"role":"user"} , {} ]');
    expect(layout.messages.elements.map(slice)).toEqual(['{"role":"user"}', "{}"]);
    expect(slice(layout.system)).toBe('"a"');
    expect(layout.tools).toBeUndefined();
  });

  it("is found again for a copy of a prompt", () => {
    const prompt = promptOf({ messages: [{ role: "user", content: "hi" }] });
    expect(layoutOf({ ...prompt })).toEqual(layoutOf(prompt));
  });

  it.each(["[]", '"text"', '{"messages":{}}', '{"tools":"f"}', '{"messages":[}', "", '{"a":1} x'])(
    "refuses %j as a malformed request",
    (body) => {
      expect(() => readingRequest(body, () => findLayout(body))).toThrowError(
        expect.objectContaining({ code: "request_malformed", status: 400 }),
      );
    },
  );
});
