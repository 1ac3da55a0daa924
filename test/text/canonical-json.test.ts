import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/text/canonical-json.ts";

describe("canonicalJson", () => {
  it("gives the example of RFC 8785, section 3.2.2, with the inexact number kept exact", () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonicalJson(text)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[#33333333333333329e-8,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it("orders members by the UTF-16 units of their names (RFC 8785, section 3.2.3)", () => {
    const text = String.raw`{
      "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }`;
    const names = [...(canonicalJson(text) ?? "").matchAll(/:"([^"]+)"/g)].map((match) => match[1]);
    expect(names).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  it("orders nested members, and leaves arrays in their order", () => {
    expect(canonicalJson(' {"b":[{"10":1,"9":[ ]},{}] ,\n"a":{"z":[2,1],"y":null}} ')).toBe(
      '{"a":{"y":null,"z":[2,1]},"b":[{"10":1,"9":[]},{}]}',
    );
  });

  it("keeps a name like __proto__ as what it is", () => {
    expect(canonicalJson('{"__proto__":1,"a":{"__proto__":null}}')).toBe(
      '{"__proto__":1,"a":{"__proto__":null}}',
    );
  });

  it("does not normalise Unicode", () => {
    expect(canonicalJson('"\u00e9"')).not.toBe(canonicalJson('"e\u0301"'));
  });

  it("keeps large numbers apart from each other and from strings with the same digits", () => {
    const keys = [
      "12345678901234567890",
      "12345678901234567891",
      '"12345678901234567890"',
      '"#1234567890123456789e1"',
    ];
    expect(new Set(keys.map((key) => canonicalJson(`{"id":${key}}`))).size).toBe(4);
    expect(canonicalJson("1234567890123456789.0")).toBe(canonicalJson("1234567890123456789"));
  });

  it.each([
    ["duplicate names", '{"a":1,"a":1}'],
    ["duplicate names in two spellings", String.raw`{"a":1,"\u0061":1}`],
    ["a lone surrogate", String.raw`["\ud800"]`],
    ["a lone surrogate in a name", String.raw`{"\udc00":1}`],
    ["a literal lone surrogate", '"\ud800"'],
    ["a number beyond a double", "[1e400]"],
    ["nothing", ""],
    ["white space only", " \n"],
    ["two values", "1 2"],
    ["a trailing comma", "[1,]"],
    ["a trailing comma in an object", '{"a":1,}'],
    ["a missing value", "[,1]"],
    ["a missing colon", '{"a" 1}'],
    ["a bare name", "{a:1}"],
    ["a wrong closer", "[1}"],
    ["an open array", "[1"],
    ["an open string", '"abc'],
    ["an escape at the end", '"abc\\'],
    ["an unknown escape", String.raw`"\x41"`],
    ["a short escape", String.raw`"\u12"`],
    ["a control character in a string", '"a\nb"'],
    ["a leading zero", "01"],
    ["a plus sign", "+1"],
    ["a bare point", "1."],
    ["NaN", "NaN"],
    ["a half literal", "tru"],
    ["a no-break space", "\u00a01"],
  ])("has no form for %s", (_, text) => {
    expect(canonicalJson(text)).toBeNull();
  });

  it("goes 512 levels deep and no deeper", () => {
    expect(canonicalJson(nested(512))).toBe(nested(512));
    expect(canonicalJson(nested(513))).toBeNull();
    expect(canonicalJson(nested(1_000_000))).toBeNull();
    expect(canonicalJson('{"a":'.repeat(100_000))).toBeNull();
  });

  it("takes documents of a megabyte of any shape", () => {
    const numbers = `[${"1,".repeat(500_000)}1]`;
    expect(canonicalJson(numbers)).toBe(numbers);
    const escapes = JSON.stringify("\n".repeat(500_000));
    expect(canonicalJson(escapes)).toBe(escapes);
    const large = `${"[".repeat(512)}"${"x".repeat(1_000_000)}"${"]".repeat(512)}`;
    expect(canonicalJson(large)).toBe(large);
    const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, index]));
    expect(JSON.parse(canonicalJson(JSON.stringify(wide)) ?? "")).toEqual(wide);
  });

  it("parses to the same value where JSON is safe, and accepts nothing that is no JSON", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        // `-0` is the one value that JSON.parse tells apart and JCS does not.
        const value: unknown = JSON.parse(text, (_, inner: unknown) => (inner === 0 ? 0 : inner));
        expect(JSON.parse(canonicalJson(text) ?? "")).toEqual(value);
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."[ ] { } : , a u 0 1 e - . t n".split(" "), '"', "\\", " ") }),
        (text) => {
          expect(canonicalJson(text) === null || parses(text)).toBe(true);
        },
      ),
    );
  });

  it("is the same whatever the order of members and the white space", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const canonical = canonicalJson(JSON.stringify(value));
        expect(canonicalJson(JSON.stringify(reversed(value), null, "\t"))).toBe(canonical);
        expect(canonicalJson(canonical ?? "")).toBe(canonical);
      }),
    );
  });
});

function nested(depth: number): string {
  return `${"[".repeat(depth)}1${"]".repeat(depth)}`;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, inner]) => [name, reversed(inner)]),
  );
}
