import { describe, expect, it } from "vitest";
import { shapeOf } from "../../../src/protocols/anthropic-messages/message-shape.ts";

const shape = (message: unknown) => shapeOf(JSON.stringify(message));
const hash = (message: unknown) => shape(message).hash;
const result = (content: unknown) =>
  hash({ role: "user", content: [{ type: "tool_result", tool_use_id: "t", content }] });
const image = (data: string) => ({
  type: "image",
  source: { type: "base64", media_type: "image/png", data },
});

describe("the shape of a message", () => {
  it("takes a string for one text block", () => {
    const text = '{"role":"user","content":"a\\u00e9"}';
    const [block] = shapeOf(text).blocks;
    expect(block).toMatchObject({ type: "text", original: '"a\\u00e9"', texts: ["aé"] });
    expect(text.slice(block?.span.start, block?.span.end)).toBe('"a\\u00e9"');
  });

  it("is derived once for equal messages", () => {
    expect(shape({ role: "user", content: "same" })).toBe(shape({ role: "user", content: "same" }));
  });

  it.each([
    ['{"role":"user","content":7}', "content"],
    ['{"role":"user","content":["a"]}', "block"],
    ["[]", "object"],
  ])("refuses %s with a sentence", (text, word) => {
    expect(() => shapeOf(text)).toThrowError(expect.objectContaining({ code: "request_malformed" }));
    expect(() => shapeOf(text)).toThrow(word);
  });

  it("bears a message without content", () => {
    expect(shape({ role: "assistant" }).blocks).toEqual([]);
    expect(shape({ role: "assistant", content: null }).blocks).toEqual([]);
  });
});

describe("the hash of a message", () => {
  it("is the same for a string and its text blocks, with and without what clients add or drop", () => {
    const plain = hash({ role: "user", content: "ab" });
    expect(
      hash({ content: [{ type: "text", text: "ab", cache_control: { type: "ephemeral" } }], role: "user" }),
    ).toBe(plain);
    expect(
      hash({
        role: "user",
        content: [
          { type: "text", text: "a", citations: null },
          { type: "text", text: "b" },
        ],
      }),
    ).toBe(plain);
    expect(hash({ role: "user", content: "ba" })).not.toBe(plain);
    expect(hash({ role: "assistant", content: "ab" })).not.toBe(plain);
  });

  it("does not depend on ids, thinking, callers and blocks of the provider", () => {
    const call = { type: "tool_use", id: "toolu_1", name: "f", input: { a: 1, b: 2 } };
    const bare = hash({ role: "assistant", content: [{ type: "text", text: "so" }, call] });
    const full = hash({
      role: "assistant",
      content: [
        { type: "thinking", thinking: "hm", signature: "s" },
        { type: "text", text: "so", citations: [] },
        { type: "server_tool_use", id: "srv", name: "web_search", input: {} },
        { ...call, id: "other", input: { b: 2, a: 1 }, caller: { type: "direct" } },
      ],
    });
    expect(full).toBe(bare);
    expect(
      hash({
        role: "assistant",
        content: [
          { type: "text", text: "so" },
          { ...call, name: "g" },
        ],
      }),
    ).not.toBe(bare);
  });

  it("depends on the texts of results, not on how they are wrapped", () => {
    expect(result([{ type: "text", text: "18C" }])).toBe(result("18C"));
    expect(result("19C")).not.toBe(result("18C"));
    expect(result([image("AAAA")])).not.toBe(result([image("BBBB")]));
  });

  it("tells images and documents apart, and changes of the tools", () => {
    const messages = [
      { role: "user", content: [image("AAAA")] },
      { role: "user", content: [image("BBBB")] },
      { role: "user", content: [{ type: "document", source: { type: "file", file_id: "f" } }] },
      { role: "system", content: [{ type: "tool_removal", tool: { type: "tool_reference", name: "f" } }] },
      { role: "system", content: [{ type: "tool_removal", tool: { type: "tool_reference", name: "g" } }] },
    ];
    expect(new Set(messages.map(hash)).size).toBe(messages.length);
  });
});
