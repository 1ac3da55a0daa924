import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactObjectOf, exactObjectsOf, exactValue } from "../../src/wire/exact-json.ts";

function exact(text: string): unknown {
  return exactValue(text, JSON.parse(text));
}

describe("a value that is written again", () => {
  it("has its numbers as they came", () => {
    for (const number of [
      "12345678901234567890",
      "9007199254740993",
      "1.0",
      "-0",
      "1e5",
      "1E+2",
      "2.50",
      "-1.10",
    ]) {
      for (const text of [`[${number}]`, `{"a":${number}}`, `{"a":[0,${number}]}`]) {
        expect(JSON.stringify(exact(text))).toBe(text);
      }
      for (const text of [`[\n${number} ]`, ` {"a" : ${number} }`, `{"a": [0,\t${number}]}`]) {
        expect(JSON.stringify(exact(text))).toBe(text.replaceAll(/\s/g, ""));
      }
    }
  });

  it("has every number as it came", () => {
    const digits = fc.string({
      unit: fc.integer({ min: 0, max: 9 }).map(String),
      minLength: 1,
      maxLength: 25,
    });
    const number = fc
      .tuple(
        fc.constantFrom("", "-"),
        digits,
        fc.option(digits),
        fc.option(fc.integer({ min: -400, max: 400 })),
      )
      .map(([sign, whole, fraction, exponent]) => {
        const first = whole.replace(/^0+(?=\d)/, "");
        return `${sign}${first}${fraction === null ? "" : `.${fraction}`}${exponent === null ? "" : `e${exponent}`}`;
      });
    fc.assert(
      fc.property(fc.array(number), (numbers) => {
        const text = `[${numbers.join(",")}]`;
        expect(JSON.stringify(exact(text))).toBe(text);
      }),
    );
  });

  it("is any JSON value", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(JSON.stringify(exact(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("is the very value that was read where no number needs its text", () => {
    const text = '{"id":"gpt-5.4 2026-01-01","created":1795000000,"choices":[{"index":0,"a":-7}]}';
    const value: unknown = JSON.parse(text);
    expect(exactValue(text, value)).toBe(value);
  });

  it("keeps a member that is named like the prototype, and a lone surrogate", () => {
    const text = '{"__proto__":{"a":1.0},"b":"\\ud83d"}';
    expect(JSON.stringify(exact(text))).toBe(text);
  });

  it("is no object where it is a number", () => {
    expect(exactObjectOf(exact("[1.0]"))).toBeUndefined();
    expect([exact("[1.0, 1]")].flat().map(exactObjectOf)).toEqual([undefined, undefined]);
    expect(exactObjectOf(exact('{"a":1}'))).toEqual({ a: 1 });
    expect(exactObjectsOf(exact('[1.0,{"a":1},2]'))).toEqual([{ a: 1 }]);
    expect(exactObjectsOf(exact('{"a":1}'))).toEqual([]);
  });
});
