import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  editResultWords,
  resultTexts,
  resultWords,
  stubResult,
} from "../../../src/protocols/gemini/result-words.ts";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

function textOf(response: unknown, name = "f"): string {
  return JSON.stringify({ name, response });
}

const textsIn = (text: string): string[] => resultTexts(text, rootSpan(text));
const edited = (text: string, to: string): string =>
  applyEdits(text, editResultWords(text, rootSpan(text), to));

describe("the words of a function's response", () => {
  it("are one string where there is one", () => {
    for (const response of [
      { output: "18" },
      { result: "18" },
      { error: "18" },
      { name: "f", content: "18" },
    ]) {
      expect(textsIn(textOf(response))).toEqual(["18"]);
    }
    expect(resultWords(textOf({ error: "no" }), rootSpan(textOf({ error: "no" })))).toMatchObject({
      isError: true,
    });
    expect(edited(textOf({ name: "f", content: "18" }), "19")).toBe(textOf({ name: "f", content: "19" }));
  });

  it("are all of a response with a structure of its own", () => {
    const text = '{"name":"f","response":{"celsius":18.0, "sky":["clear"]}}';
    expect(textsIn(text)).toEqual(['{"celsius":18.0, "sky":["clear"]}']);
    expect(edited(text, "x")).toBe('{"name":"f","response":{"output":"x"}}');
    expect(edited(textOf({ error: { code: 5 } }), "x")).toBe(textOf({ error: "x" }));
    expect(textsIn(textOf({ name: "g", content: "18" }))).toEqual(['{"name":"g","content":"18"}']);
  });

  it("are none where nothing was given", () => {
    for (const text of ['{"name":"f"}', textOf({}), textOf(null), textOf({ name: "f" })]) {
      expect(textsIn(text)).toEqual([]);
      expect(textsIn(edited(text, "stub"))).toEqual(["stub"]);
    }
  });

  it("make room for a stub, images included", () => {
    const text = JSON.stringify({
      name: "f",
      response: { output: "18" },
      parts: [{ inlineData: { data: "x" } }],
    });
    const stubbed = applyEdits(text, stubResult(text, rootSpan(text), "stub"));
    expect(JSON.parse(stubbed)).toEqual({ name: "f", response: { output: "stub" } });
    const bare = '{"name":"f"}';
    expect(textsIn(applyEdits(bare, stubResult(bare, rootSpan(bare), "stub")))).toEqual(["stub"]);
  });

  it("read as what they were edited to, whatever the response is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (response, to) => {
        expect(textsIn(edited(textOf(response), to))).toEqual([to]);
      }),
    );
  });
});
