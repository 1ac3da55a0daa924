import { describe, expect, it } from "vitest";
import { identityOf, readContent, textKeyOf } from "../../../src/protocols/openai-responses/content.ts";

describe("the content of a message", () => {
  it("is a text, or parts with texts and refusals", () => {
    expect(readContent("Hi").texts).toEqual(["Hi"]);
    expect(readContent("").texts).toEqual([]);
    const parts = [
      { type: "input_text", text: "a" },
      { type: "output_text", text: "b", annotations: [] },
      { type: "refusal", refusal: "c" },
    ];
    expect(readContent(parts)).toEqual({ texts: ["a", "b", "c"], media: [], attachments: [] });
  });

  it("has media with what they weigh, inline or elsewhere", () => {
    const { media, attachments } = readContent([
      { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "low" },
      { type: "input_image", file_id: "file_1" },
      { type: "input_file", file_data: "data:application/pdf;base64,BB" },
      { type: "input_audio", input_audio: { data: "CC" } },
    ]);
    expect(media.map(({ kind, base64 }) => [kind, base64])).toEqual([
      ["image", "AAAA"],
      ["image", undefined],
      ["document", "BB"],
      ["audio", "CC"],
    ]);
    expect(attachments).toHaveLength(4);
  });

  it("is identified without ids, states, cache marks, nulls and the order of names", () => {
    const one = identityOf({ type: "x", id: "1", status: "completed", a: 1, b: null });
    expect(identityOf({ a: 1, type: "x", prompt_cache_breakpoint: {} })).toBe(one);
    expect(identityOf({ a: 2, type: "x" })).not.toBe(one);
  });

  it("names the member that holds a part's text", () => {
    expect(textKeyOf({ type: "summary_text", text: "t" })).toBe("text");
    expect(textKeyOf({ type: "refusal", refusal: "r" })).toBe("refusal");
    expect(textKeyOf({ type: "input_image", text: "t" })).toBeUndefined();
  });
});
