import { describe, expect, it } from "vitest";
import { JsonSyntaxError, readJson } from "../../src/validators/json-tree.ts";
import { malformed } from "../../src/validators/malformed.ts";

function said(text: string): string {
  try {
    readJson(text, { depthMax: 16 });
  } catch (thrown) {
    if (!(thrown instanceof JsonSyntaxError)) throw thrown;
    const { expected, found } = malformed(text, thrown);
    return `${expected}; found ${found}`;
  }
  throw new Error(`${text} is JSON`);
}

describe("malformed arguments", () => {
  it.each([
    [
      '{"a": True}',
      'at line 1, column 7, expected a JSON value (JSON has true, false and null); found "{\\"a\\": True}"',
    ],
    ["{'a': 1}", "(JSON strings have double quotation marks)"],
    [
      '{"a": 1,\n}',
      "at line 2, column 1, expected a name in double quotation marks (no comma before a closing bracket)",
    ],
    ['{"a": 1 // one\n}', "(JSON has no comments)"],
    ['{"a": "b', 'expected a closing quotation mark; found the end of the text after "{\\"a\\": \\"b"'],
    ['{"a": 1} trailing', "at line 1, column 10, expected the end of the text"],
  ])("are pointed at: %j", (text, sentence) => {
    expect(said(text)).toContain(sentence);
  });

  it("are quoted in a few characters around the fault", () => {
    const filler = "x".repeat(10_000);
    const words = said(`{"a":"${filler}", b:"${filler}"}`);
    expect(words.length).toBeLessThan(250);
    expect(words).toContain(", b:");
  });
});
