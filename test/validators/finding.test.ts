import { describe, expect, it } from "vitest";
import { faultOf, shown, typesInWords, type Finding } from "../../src/validators/finding.ts";
import { memberOf, readJson } from "../../src/validators/json-tree.ts";

const text = '{"unit":"Celcius","days":"3"}';
const root = readJson(text, { depthMax: 8 });
const unit = memberOf(root, "unit") ?? root;

describe("a fault in words", () => {
  it.each<[string, Finding, object]>([
    [
      "an unknown parameter",
      { kind: "unknown-parameter", at: root, name: "dayz", known: ["unit", "days"] },
      { pointer: "/dayz", found: '"dayz"', closest: '"days"', known: ["unit", "days"] },
    ],
    [
      "a missing one",
      { kind: "missing", at: root, name: "a/b", known: ["a/b"], expected: "a string" },
      { pointer: "/a~1b", expected: "a string", found: "nothing" },
    ],
    [
      "a wrong type",
      { kind: "wrong-type", at: unit, types: ["integer", "null"] },
      { pointer: "/unit", expected: "an integer or null", found: '"Celcius"' },
    ],
    [
      "a wrong choice",
      { kind: "enum", at: unit, choices: ["celsius", "fahrenheit"] },
      { expected: 'one of "celsius", "fahrenheit"', closest: '"celsius"' },
    ],
    ["the only choice", { kind: "enum", at: unit, choices: [5] }, { expected: "5" }],
    [
      "anything else",
      { kind: "bounds", at: unit, expected: "at most 3 characters" },
      { pointer: "/unit", expected: "at most 3 characters" },
    ],
  ])("of %s", (_, finding, fault) => {
    expect(faultOf(finding, text)).toMatchObject({ kind: finding.kind, ...fault });
  });

  it("names the choice that differs only in type", () => {
    expect(faultOf({ kind: "enum", at: memberOf(root, "days") ?? root, choices: [1, 3] }, text).closest).toBe(
      "3",
    );
  });

  it("lists some choices of many", () => {
    const choices = Array.from({ length: 500 }, (_, place) => `choice-${place}`);
    const { expected } = faultOf({ kind: "enum", at: unit, choices }, text);
    expect(expected).toMatch(/^one of "choice-0", .* and 480 more$/);
    expect(expected.length).toBeLessThan(500);
  });

  it("shows at most 60 characters of what stands there, on one line", () => {
    expect(shown(`"${"a\n".repeat(1_000)}"`)).toHaveLength(60);
    expect(shown(`"${"b".repeat(100)}"`)).toMatch(/^"b+…"$/);
    expect(shown("[1,\n  2]")).toBe("[1, 2]");
  });

  it("names types as a person would", () => {
    expect(typesInWords(["string", "integer", "null"])).toBe("a string, an integer or null");
    expect(typesInWords(["boolean"])).toBe("true or false");
    expect(typesInWords([])).toBe("no value");
  });
});
