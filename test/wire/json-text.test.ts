import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonDepthMax, JsonTextError } from "../../src/wire/json-scan.ts";
import {
  elements,
  member,
  members,
  parseAt,
  parseEditable,
  rootSpan,
  stringAt,
  typeAt,
  type Span,
} from "../../src/wire/json-text.ts";
import { anyJsonText } from "./json-arbitrary.ts";

/** Rebuilds a value from spans alone, so that a wrong span shows as a wrong value. */
function rebuilt(text: string, span: Span): unknown {
  const type = typeAt(text, span);
  if (type === "object") {
    const object: Record<string, unknown> = {};
    for (const one of members(text, span)) {
      Object.defineProperty(object, one.key, {
        value: rebuilt(text, one.value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return object;
  }
  if (type === "array") return elements(text, span).map((element) => rebuilt(text, element));
  return parseAt(text, span);
}

describe("finding values in JSON text", () => {
  it("finds in any document what JSON.parse finds", () => {
    fc.assert(
      fc.property(anyJsonText, (text) => {
        expect(rebuilt(text, rootSpan(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("gives spans that hold exactly the text of a value", () => {
    const text = ' { "a" : [1 , "b]\\"" ] ,"c":-0.50 } ';
    const root = rootSpan(text);
    expect(members(text, root).map((one) => text.slice(one.value.start, one.value.end))).toEqual([
      '[1 , "b]\\"" ]',
      "-0.50",
    ]);
    expect(members(text, root).map((one) => text.slice(one.keySpan.start, one.keySpan.end))).toEqual([
      '"a"',
      '"c"',
    ]);
  });

  it("takes the last of duplicate names, and shows all of them in order", () => {
    const text = '{"a":1,"\\u0061":2,"b":3}';
    const span = member(text, rootSpan(text), "a");
    expect(span && parseAt(text, span)).toBe(2);
    expect(members(text, rootSpan(text)).map((one) => one.key)).toEqual(["a", "a", "b"]);
    expect(member(text, rootSpan(text), "z")).toBeUndefined();
  });

  it("allows a byte order mark and white space around the document", () => {
    const text = "\ufeff \r\n\t[1] \n";
    expect(parseAt(text, rootSpan(text))).toEqual([1]);
  });

  it("parses no document that is nested too deep to be edited", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(parseEditable(nested(jsonDepthMax))).toEqual(JSON.parse(nested(jsonDepthMax)));
    expect(() => parseEditable(nested(jsonDepthMax + 1))).toThrow(JsonTextError);
    // Half of the levels of each kind, and one more.
    const mixed = (depth: number): string => '[{"a":'.repeat(depth / 2) + "1" + "}]".repeat(depth / 2);
    expect(parseEditable(mixed(jsonDepthMax))).toEqual(JSON.parse(mixed(jsonDepthMax)));
    expect(() => parseEditable(`[${mixed(jsonDepthMax)}]`)).toThrow(JsonTextError);
    const objects = (depth: number): string => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
    expect(() => parseEditable(objects(jsonDepthMax + 1))).toThrow(JsonTextError);
    const brackets = JSON.stringify(["[{".repeat(jsonDepthMax)]);
    expect(parseEditable(brackets)).toEqual(JSON.parse(brackets));
    expect(() => parseEditable('{"a":')).toThrow(SyntaxError);
  });

  it("decodes a string only where a string stands", () => {
    const text = '["a\\n\\ud83d\\ude00", "\u0000x", 7]';
    // A raw NUL inside a string is no JSON, and the error says where it is.
    const [first, second, third] = elements(text, rootSpan(text));
    expect(stringAt(text, first!)).toBe("a\n😀");
    expect(() => stringAt(text, second!)).toThrow(
      "Expected a character, or an escape that JSON knows at position 21, found the character U+0000.",
    );
    expect(stringAt(text, third!)).toBeUndefined();
  });

  it.each([
    ["{", 'Expected "}" at position 1, found the end of the text.'],
    ['{"a":1', 'Expected "}" at position 6, found the end of the text.'],
    ['{"a":[}', 'Expected "]" at position 6, found "}".'],
    ['{"a":"x}', 'Expected the closing " at position 8, found the end of the text.'],
    ["[1] 2", 'Expected the end of the text at position 4, found "2".'],
    ["", "Expected a value at position 0, found the end of the text."],
    ["<html>", 'Expected a value at position 0, found "<".'],
  ])("says what it expected and where: %s", (text, sentence) => {
    expect(() => rootSpan(text)).toThrow(sentence);
  });

  it.each([
    ["{1:2}", 'Expected a name in quotes at position 1, found "1".'],
    ['{"a" 2}', 'Expected ":" at position 5, found "2".'],
    ['{"a":1 "b":2}', 'Expected "," or "}" at position 7, found """.'],
    ['{"a":1,}', 'Expected a name in quotes at position 7, found "}".'],
    ["[1,]", "Expected an object at position 0"],
  ])("reports a broken object when its members are asked for: %s", (text, sentence) => {
    expect(() => members(text, rootSpan(text))).toThrow(sentence);
  });

  it("reports a broken array when its elements are asked for", () => {
    expect(() => elements("[1,]", { start: 0, end: 4 })).toThrow(
      'Expected a value at position 3, found "]".',
    );
    expect(() => elements("[1 2]", { start: 0, end: 5 })).toThrow(
      'Expected "," or "]" at position 3, found "2".',
    );
    expect(() => elements("{}", { start: 0, end: 2 })).toThrow("Expected an array at position 0");
  });

  it("places an error inside a value in the whole text", () => {
    expect(() => parseAt('[1,{"a":tru}]', { start: 3, end: 12 })).toThrow(
      'Expected a value at position 8, found "t".',
    );
  });

  it("refuses nesting of 20,000 levels with a clear error instead of running out of stack", () => {
    const text = "[".repeat(20_000) + "]".repeat(20_000);
    expect(() => rootSpan(text)).toThrow(JsonTextError);
    expect(() => rootSpan(text)).toThrow("Expected at most 512 levels of nesting at position 512");
    const allowed = "[".repeat(512) + "]".repeat(512);
    expect(rootSpan(allowed)).toEqual({ start: 0, end: 1024 });
  });

  it("ends a string at the right quotation mark after any number of backslashes", () => {
    fc.assert(
      fc.property(fc.nat({ max: 12 }), fc.nat({ max: 6 }), (pairs, quotes) => {
        const text = `["${"\\\\".repeat(pairs)}${'\\"'.repeat(quotes)}",1]`;
        expect(elements(text, rootSpan(text))).toHaveLength(2);
      }),
    );
  });
});
