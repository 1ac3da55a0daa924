import { describe, expect, it } from "vitest";
import { byContent } from "../../../src/protocols/openai-responses/by-content.ts";

describe("what is derived from a text", () => {
  it("is worked out once, however often the text comes", () => {
    let worked = 0;
    const lengthOf = byContent(10_000, (text) => ({ length: text.length, worked: ++worked }));
    expect(lengthOf("abc")).toBe(lengthOf(["a", "b", "c"].join("")));
    expect(worked).toBe(1);
  });

  it("is forgotten where too much is kept", () => {
    let worked = 0;
    const derive = byContent(1_000, () => ({ worked: ++worked }));
    for (const text of ["a".repeat(500), "b".repeat(500), "a".repeat(500)]) derive(text);
    expect(worked).toBe(3);
  });
});
