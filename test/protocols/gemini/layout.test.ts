import { describe, expect, it } from "vitest";
import { RequestLayout } from "../../../src/protocols/gemini/layout.ts";

const malformed = expect.objectContaining({ code: "request_malformed" }) as Error;

describe("the layout of a Gemini request", () => {
  it("knows where its fields stand, in either spelling", () => {
    const body =
      '{"contents":[{}],"system_instruction":{"parts":[]},"tools":null,"generation_config":{"a":1}}';
    const layout = new RequestLayout(body);
    expect(layout.contents.items).toHaveLength(1);
    expect(body.slice(layout.system!.start, layout.system!.end)).toBe('{"parts":[]}');
    expect(layout.tools).toBeUndefined();
    expect(layout.object("generationConfig")).toEqual({ a: 1 });
    expect(layout.object("toolConfig")).toEqual({});
    expect(layout.others(layout.contents.span)).toHaveLength(3);
  });

  it("takes one content for a list of one, if it is a content", () => {
    expect(new RequestLayout('{"contents":{"parts":[{"text":"x"}]}}').contents.items).toHaveLength(1);
    expect(() => new RequestLayout('{"contents":{}}')).toThrow(malformed);
    expect(() => new RequestLayout("{}")).toThrow(malformed);
  });

  it("refuses a field in both spellings, of which nobody knows which one counts", () => {
    const twice = '{"contents":[],"toolConfig":{},"tool_config":{}}';
    expect(() => new RequestLayout(twice)).toThrow(/both "toolConfig" and "tool_config"/);
    expect(() => new RequestLayout('{"contents":[],"toolConfig":null,"tool_config":{}}')).not.toThrow();
  });
});
