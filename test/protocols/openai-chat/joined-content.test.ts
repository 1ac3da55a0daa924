import { describe, expect, it } from "vitest";
import { joinedContent } from "../../../src/protocols/openai-chat/joined-content.ts";

/** What these fragments are together. */
function all(...fragments: readonly unknown[]): unknown {
  let content: unknown;
  for (const fragment of fragments) content = joinedContent(content, fragment);
  return content;
}

const text = (said: string) => ({ type: "text", text: said });
const thought = (...parts: readonly unknown[]) => ({ type: "thinking", thinking: parts });

describe("fragments of a content", () => {
  it("are one text", () => {
    expect(all(null, "", null, "a", "b")).toBe("ab");
    expect(all("", null)).toBe("");
    expect(all(null, undefined)).toBeNull();
  });

  it("are one list, in which text and thoughts go on", () => {
    const fragments = [
      [thought(text("a"))],
      [thought(text("b")), text("c")],
      [text("d")],
      "",
      "e",
      [text("f")],
    ];
    expect(all(...fragments)).toEqual([thought(text("ab")), text("cdef")]);
    expect(all("a", [thought(text("b"))])).toEqual([text("a"), thought(text("b"))]);
    expect(all("", [text("a")])).toEqual([text("a")]);
    expect(all([], [])).toEqual([]);
  });

  it("keep apart what one fragment holds, and parts that are more than text", () => {
    expect(all([text("a"), text("b")])).toEqual([text("a"), text("b")]);
    const marked = { ...text("b"), mark: 1 };
    expect(all([text("a")], [marked], [text("c")])).toEqual([text("a"), marked, text("c")]);
    const image = { type: "image_url", image_url: "https://a.example" };
    expect(all([image], [image], [7])).toEqual([image, image, 7]);
    expect(all([thought(7)], [thought(text("a"))], [{ type: "thinking", thinking: "b" }])).toEqual([
      thought(7, text("a")),
      { type: "thinking", thinking: "b" },
    ]);
    expect(all([text("a")], [{ type: "text", text: null }])).toEqual([
      text("a"),
      { type: "text", text: null },
    ]);
  });

  it("are none where one is neither text nor list", () => {
    for (const other of [{}, 7, true]) {
      expect(joinedContent(null, other)).toBeUndefined();
      expect(joinedContent("a", other)).toBeUndefined();
      expect(joinedContent([], other)).toBeUndefined();
    }
  });
});
