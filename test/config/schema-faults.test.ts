import { describe, expect, it } from "vitest";
import type { Schema } from "../../src/config/schema.ts";
import { expectation, openChecker } from "../../src/config/schema-faults.ts";

describe("what a schema expects, in words", () => {
  it.each<[Schema, string]>([
    [{ type: "integer", minimum: 1, maximum: 9 }, "an integer from 1 to 9"],
    [{ type: "number", minimum: 0 }, "a number of at least 0"],
    [{ type: "number", maximum: 5 }, "a number of at most 5"],
    [
      { type: "string", minLength: 1, maxLength: 9 },
      "text of at least 1 characters and at most 9 characters",
    ],
    [{ type: "string", maxLength: 9, pattern: "^a" }, "text of at most 9 characters that matches ^a"],
    [{ type: "array", minItems: 1, maxItems: 3 }, "a list of 1 to 3"],
    [{ type: "object", maxProperties: 4 }, "at most 4 entries, a name before each"],
    [{ type: "object", properties: { a: {} } }, "a section with keys of a"],
    [{ type: ["string", "null"] }, "string or null"],
    [{ const: "a" }, '"a"'],
    [{ enum: ["a", 1] }, "one of a, 1"],
    [{ type: "string", "x-expected": "the name of a colour" }, "the name of a colour"],
    [{}, "another value"],
  ])("%j: %s", (schema, words) => expect(expectation(schema)).toBe(words));
});

describe("openChecker", () => {
  it("says one thing about one place, however many rules are broken there", () => {
    const check = openChecker({
      type: "object",
      properties: { a: { type: "string", minLength: 3, pattern: "^x" } },
      additionalProperties: false,
    });
    expect(check({ a: "b" })).toEqual([
      { path: ["a"], part: "value", expected: "text of at least 3 characters that matches ^x", found: '"b"' },
    ]);
  });

  it("refuses a schema with a keyword that means nothing", () => {
    expect(() => openChecker({ type: "integer", maxLenght: 3 } as Schema)).toThrow("maxLenght");
  });
});
