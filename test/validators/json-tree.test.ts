import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  duplicatesOf,
  JsonSyntaxError,
  memberOf,
  nestingOf,
  pointerOf,
  readJson,
} from "../../src/validators/json-tree.ts";
import { toValue } from "../../src/validators/json-value.ts";

const limits = { depthMax: 128 };

function errorOf(text: string): JsonSyntaxError {
  try {
    readJson(text, limits);
  } catch (thrown) {
    if (thrown instanceof JsonSyntaxError) return thrown;
    throw thrown;
  }
  throw new Error(`${text} was read`);
}

describe("reading JSON into a tree", () => {
  it("agrees with JSON.parse on every value, however it is spaced", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, "\t"), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(toValue(readJson(spaced, limits))).toEqual(JSON.parse(spaced));
      }),
    );
  });

  it("agrees with JSON.parse on what is not JSON", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "a",
      "1",
      "-",
      ".",
      "e",
      "true",
      "null",
      " ",
      "\\",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (some) => {
        const text = some.join("");
        const parsed = attempt(() => JSON.parse(text) as unknown);
        expect(attempt(() => toValue(readJson(text, limits)))).toEqual(parsed);
      }),
      { numRuns: 2_000 },
    );
  });

  it("knows where each value stands, so that its digits can be kept", () => {
    const text = '{ "a" : [ 12345678901234567890 , 2.50 ] }';
    const list = memberOf(readJson(text, limits), "a");
    expect(list?.elements.map(({ start, end }) => text.slice(start, end))).toEqual([
      "12345678901234567890",
      "2.50",
    ]);
  });

  it("takes the last of duplicate names, and names all others", () => {
    const root = readJson('{"a":1,"b":{"c":1,"c":2},"a":3}', limits);
    expect(memberOf(root, "a")?.value).toBe(3);
    expect(duplicatesOf(root).map(({ node }) => pointerOf(node))).toEqual(["/a", "/b/c"]);
  });

  it("escapes names in pointers as RFC 6901 says", () => {
    const root = readJson('{"a/b":{"m~n":[true]}}', limits);
    const element = memberOf(memberOf(root, "a/b") ?? root, "m~n")?.elements[0] ?? root;
    expect(pointerOf(element)).toBe("/a~1b/m~0n/0");
    expect(pointerOf(root, "x/y")).toBe("/x~1y");
  });

  it.each([
    ['{"a":1', 6, '"," or "}"', true],
    ['{"a":"b', 7, "a closing quotation mark", true],
    ["{'a':1}", 1, "a name in double quotation marks", false],
    ['{"a":True}', 5, "a JSON value", false],
    ['{"a":1,}', 7, "a name in double quotation marks", false],
    ['{"a":01}', 5, "a JSON value", false],
    ['{"a":"\\x"}', 6, "a valid escape after the backslash", false],
    ['{"a":"\n"}', 6, "an escape (\\n, \\t, \\u0000) for a control character", false],
    ["{} {}", 3, "the end of the text", false],
  ])("says where %j is not JSON", (text, position, expected, atEnd) => {
    expect(errorOf(text)).toMatchObject({ position, expected, atEnd });
  });

  it("refuses 100,000 levels of nesting without overflowing", () => {
    expect(errorOf("[".repeat(100_000)).expected).toBe("at most 128 levels of nesting");
    expect(nestingOf("[".repeat(100_000), 1e9)).toBe(100_000);
    expect(nestingOf('{"[[[":"\\"[["}', 10)).toBe(1);
  });
});

function attempt(parse: () => unknown): unknown {
  try {
    return { value: parse() };
  } catch {
    return "not JSON";
  }
}
