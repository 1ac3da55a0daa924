import { describe, expect, it } from "vitest";
import { kindOf, readBlock, textSlots } from "../../../src/protocols/anthropic-messages/blocks.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

const block = (value: unknown) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return readBlock(text, rootSpan(text), JSON.parse(text));
};
const by = (extra: object) => block({ id: "t", name: "f", input: {}, ...extra }).use?.by;

describe("reading a content block", () => {
  it("keeps the input of a call exactly as written", () => {
    const call = block('{"type":"tool_use","id":"t","name":"f","input": {"n": 2.50, "n": 1e400}}');
    expect(call.use).toEqual({ by: "client", id: "t", name: "f", inputText: '{"n": 2.50, "n": 1e400}' });
  });

  it("tells who executes a use of a tool", () => {
    expect(by({ type: "tool_use" })).toBe("client");
    expect(by({ type: "tool_use", caller: { type: "direct" } })).toBe("client");
    expect(by({ type: "tool_use", caller: { type: "code_execution_20260120", tool_id: "s" } })).toBe(
      "program",
    );
    expect(by({ type: "server_tool_use" })).toBe("provider");
    expect(by({ type: "mcp_tool_use", server_name: "s" })).toBe("provider");
  });

  it("names a member of a toolset by the toolset, which is what was offered", () => {
    const click = block({ type: "tool_use", id: "t", name: "click", toolset_name: "computer", input: {} });
    expect(click.use?.name).toBe("computer");
  });

  it("finds all texts and images of a result, search results and documents within included", () => {
    const result = block({
      type: "tool_result",
      tool_use_id: "t",
      is_error: true,
      content: [
        { type: "text", text: "one" },
        { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
        { type: "search_result", title: "T", source: "s", content: [{ type: "text", text: "two" }] },
        { type: "document", source: { type: "text", media_type: "text/plain", data: "three" } },
        { type: "document", source: { type: "content", content: [{ type: "text", text: "four" }] } },
        { type: "document", source: { type: "content", content: "five" } },
        { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } },
        { type: "tool_reference", tool_name: "f" },
      ],
    });
    expect(result.texts).toEqual(["one", "two", "three", "four", "five"]);
    expect(result.media).toEqual([
      { kind: "image", base64: "AAAA" },
      { kind: "document", base64: undefined },
    ]);
    expect(result.result).toEqual({ callId: "t", isError: true });
  });

  it("counts an omitted thought by its signature, and what it does not know by its JSON", () => {
    expect(block({ type: "thinking", thinking: "hm", signature: "s" }).texts).toEqual(["hm"]);
    expect(block({ type: "thinking", thinking: "", signature: "sig" }).texts).toEqual(["sig"]);
    expect(block({ type: "redacted_thinking", data: "d" }).texts).toEqual(["d"]);
    expect(block('{"type":"container_upload" ,"file_id":"f"}').texts).toEqual([
      '{"type":"container_upload" ,"file_id":"f"}',
    ]);
  });

  it("sorts blocks into kinds of parts, and takes every block of a system message for system text", () => {
    const kinds = [
      "text",
      "tool_use",
      "tool_result",
      "thinking",
      "redacted_thinking",
      "image",
      "document",
      "mcp_tool_use",
    ];
    expect(kinds.map((type) => kindOf(block({ type }), "user"))).toEqual([
      "text",
      "call",
      "result",
      "thinking",
      "thinking",
      "media",
      "media",
      "other",
    ]);
    expect(kindOf(block({ type: "tool_addition" }), "system")).toBe("system");
  });

  it("gives no place for a text that is no string", () => {
    const text = JSON.stringify({ type: "tool_result", content: [{ type: "text", text: 3 }, "bare", null] });
    expect(textSlots(text, rootSpan(text))).toEqual([]);
  });
});
