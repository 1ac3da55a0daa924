import { describe, expect, it } from "vitest";
import { JsonTextError, skipString, skipValue } from "../../src/wire/json-scan.ts";

describe("scanning JSON text", () => {
  it("names a visible character as it is, and others by their number", () => {
    expect(new JsonTextError("a value", "€", 0).message).toBe('Expected a value at position 0, found "€".');
    expect(new JsonTextError("a value", "\u0000", 0).message).toContain("found the character U+0000.");
    expect(new JsonTextError("a value", "\ud800", 0).message).toContain("found the character U+D800.");
    expect(new JsonTextError("a value", "x", 1).message).toContain("found the end of the text.");
  });

  it("keeps the position for programs", () => {
    expect(new JsonTextError("a value", "abc", 2).position).toBe(2);
  });

  it("jumps over brackets that stand in strings", () => {
    expect(skipValue('{"a}":"]"}x', 0)).toBe(10);
  });

  it("does not take a backslash before the string for an escape", () => {
    expect(skipString('\\""', 1)).toBe(3);
  });

  it("stops at the first character that cannot belong to a number", () => {
    expect(skipValue("-12.5e+3,", 0)).toBe(8);
    expect(() => skipValue("+1", 0)).toThrow("Expected a value at position 0");
    expect(() => skipValue("NaN", 0)).toThrow("Expected a value at position 0");
  });
});
