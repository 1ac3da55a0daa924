import { describe, expect, it } from "vitest";
import { isObjectText } from "../../src/wire/object-text.ts";

describe("telling an object from other text", () => {
  it("wants exactly one whole object", () => {
    expect(isObjectText(' {"a":1} ')).toBe(true);
    const others = ["", "{", "[]", '"{}"', "null", "{} {}", '{"a":}', "{'a':1}", "\ufeff{}"];
    expect(others.filter(isObjectText)).toEqual([]);
  });
});
