import { describe, expect, it } from "vitest";
import { textKey } from "../../src/wire/text-key.ts";

describe("the key of a text", () => {
  it("is the text where it is short, and short where it is long", () => {
    expect(textKey('{"a":1}')).toBe('{"a":1}');
    expect(textKey("x".repeat(20_000)).length).toBeLessThan(100);
  });

  it("differs where long texts of one length differ, also in half a character", () => {
    const texts = ["a", "b", "é", "\ud800", "\udbff"].map((end) => `${"x".repeat(20_000)}${end}`);
    expect(new Set(texts.map(textKey)).size).toBe(texts.length);
    expect(textKey(`${"x".repeat(20_000)}a`)).toBe(textKey(texts[0] ?? ""));
  });
});
