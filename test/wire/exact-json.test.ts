import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactObjectOf, parseExact } from "../../src/wire/exact-json.ts";
import { JsonTextError } from "../../src/wire/json-scan.ts";

describe("a value that is written again", () => {
  it("has its numbers as they came", () => {
    const text = '{"a":[12345678901234567890,1.0,-0,1e5,0.1,2.50],"b":-7}';
    expect(JSON.stringify(parseExact(text))).toBe(text);
  });

  it("is any JSON value", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(JSON.stringify(parseExact(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("keeps a member that is named like the prototype, and a lone surrogate", () => {
    const text = '{"__proto__":{"a":1},"b":"\\ud83d"}';
    expect(JSON.stringify(parseExact(text))).toBe(text);
  });

  it("is refused where it nests too deep", () => {
    expect(() => parseExact("[".repeat(100_000) + "]".repeat(100_000))).toThrow(JsonTextError);
  });

  it("is no object where it is a number", () => {
    expect(exactObjectOf(parseExact("1.0"))).toBeUndefined();
    expect(exactObjectOf(parseExact("1"))).toBeUndefined();
    expect(exactObjectOf(parseExact('{"a":1}'))).toEqual({ a: 1 });
  });
});
