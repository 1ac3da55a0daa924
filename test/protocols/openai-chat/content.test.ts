import { describe, expect, it } from "vitest";
import { readContent, textOf } from "../../../src/protocols/openai-chat/content.ts";

const pixel = "data:image/png;base64,iVBORw0KGgo=";

describe("the content of a message", () => {
  it("is one text, or several", () => {
    expect(readContent("a").texts).toEqual(["a"]);
    const parts = [
      { type: "text", text: "a" },
      { type: "refusal", refusal: "b" },
    ];
    expect(readContent(parts).texts).toEqual(["a", "b"]);
  });

  it.each([null, undefined, "", [], 7])("is empty: %j", (content) => {
    expect(readContent(content)).toEqual({ texts: [], media: [], attachments: [], empty: true });
  });

  it("has media with their inline bytes, and without them for a URL or an id", () => {
    const { media } = readContent([
      { type: "image_url", image_url: { url: pixel } },
      { type: "image_url", image_url: { url: "https://example.com/a.png" } },
      { type: "image_url", image_url: pixel },
      { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
      { type: "file", file: { file_data: "data:application/pdf;base64,JVBERi0=" } },
      { type: "file", file: { file_id: "file-1" } },
    ]);
    expect(media).toEqual([
      { kind: "image", base64: "iVBORw0KGgo=" },
      { kind: "image", base64: undefined },
      { kind: "image", base64: "iVBORw0KGgo=" },
      { kind: "audio", base64: "UklGRg==" },
      { kind: "document", base64: "JVBERi0=" },
      { kind: "document", base64: undefined },
    ]);
  });

  it("identifies what is no text however a client writes it, and wherever its cache marks stand", () => {
    const one = readContent([{ type: "image_url", image_url: { url: pixel, detail: "low" } }]);
    const other = readContent([
      { image_url: { detail: "low", url: pixel }, type: "image_url", prompt_cache_breakpoint: {}, x: null },
    ]);
    const another = readContent([{ type: "image_url", image_url: { url: `${pixel}A`, detail: "low" } }]);
    expect(other.attachments).toEqual(one.attachments);
    expect(another.attachments).not.toEqual(one.attachments);
  });

  it("keeps a part that it does not know apart from text", () => {
    const { texts, attachments, empty } = readContent([{ type: "hologram", text: "not read" }]);
    expect({ texts, count: attachments.length, empty }).toEqual({ texts: [], count: 1, empty: false });
    expect(textOf({ type: "text", text: 7 })).toBeUndefined();
  });
});
