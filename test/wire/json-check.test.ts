import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkJson } from "../../src/wire/json-check.ts";
import { anyJsonText } from "./json-arbitrary.ts";

function accepts(text: string): boolean {
  try {
    checkJson(text);
    return true;
  } catch {
    return false;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("checking JSON text", () => {
  it("accepts any document", () => {
    fc.assert(
      fc.property(anyJsonText, (text) => {
        expect(accepts(text)).toBe(true);
      }),
    );
  });

  it("accepts and refuses exactly what JSON.parse does, with one character changed anywhere", () => {
    const damage = fc.tuple(
      anyJsonText,
      fc.nat(),
      fc.constantFrom(
        "",
        ",",
        ":",
        "{",
        "}",
        "[",
        "]",
        '"',
        "\\",
        "0",
        "-",
        ".",
        "e",
        " ",
        "t",
        "\u0001",
        "\u000b",
      ),
      fc.boolean(),
    );
    fc.assert(
      fc.property(damage, ([text, place, put, insert]) => {
        const at = place % (text.length + 1);
        const damaged = text.slice(0, at) + put + text.slice(insert ? at : at + 1);
        expect(accepts(damaged)).toBe(parses(damaged));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['{"a":1,}', 'Expected a name in quotes at position 7, found "}".'],
    ["[1 2]", 'Expected "," or "]" at position 3, found "2".'],
    ['{"a":{"b":1 2}}', 'Expected "," or "}" at position 12, found "2".'],
    ['["\\x"]', 'Expected a character, or an escape that JSON knows at position 2, found "\\".'],
    [
      '["a\nb"]',
      "Expected a character, or an escape that JSON knows at position 3, found the character U+000A.",
    ],
    ['"a', 'Expected the closing " at position 2, found the end of the text.'],
    ["[1]x", 'Expected the end of the text at position 3, found "x".'],
  ])("says what it expected and where: %s", (text, sentence) => {
    expect(() => checkJson(text)).toThrow(sentence);
  });

  it("refuses a document nested deeper than allowed, without running out of stack", () => {
    const deep = '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000);
    expect(() => checkJson(deep)).toThrow("Expected at most 512 levels of nesting at position 2560");
    expect(() => checkJson(deep, { depthMax: 20_000 })).not.toThrow();
    expect(() => checkJson("[[[]]]", { depthMax: 2 })).toThrow("at most 2 levels of nesting at position 2");
  });
});
