import { describe, expect, it } from "vitest";
import { scalarFindings } from "../../src/validators/scalar-findings.ts";
import { underTest } from "./schema-under-test.ts";

function expectations(schema: object, value: string): string[] {
  const { tree, root } = underTest(schema, value, ["date"]);
  const own = typeof tree.root === "object" ? tree.root : {};
  return scalarFindings(own, root, tree.patterns).map(({ kind, expected }) => `${kind}: ${expected}`);
}

describe("what a scalar does not keep to", () => {
  it.each([
    [{ minimum: 1, maximum: 7 }, "8", ["bounds: at most 7"]],
    [{ minimum: 1, multipleOf: 2 }, "-1", ["bounds: at least 1", "bounds: a multiple of 2"]],
    [{ exclusiveMinimum: 0, exclusiveMaximum: 10 }, "10", ["bounds: less than 10"]],
    [{ exclusiveMinimum: 0 }, "0", ["bounds: more than 0"]],
    [{ minLength: 1 }, '""', ["bounds: a string that is not empty"]],
    [{ minLength: 3 }, '"ab"', ["bounds: at least 3 characters"]],
    [{ maxLength: 2 }, '"abc"', ["bounds: at most 2 characters; this has 3"]],
    [{ maxLength: 2 }, '"😀😀"', []],
    [{ pattern: "^a+$" }, '"b"', ["pattern: a string that matches the pattern ^a+$"]],
    [{ format: "date" }, '"today"', ["format: a value of the format date"]],
    [{ minimum: 5, minLength: 5, pattern: "x" }, "true", []],
  ])("%j and %s", (schema, value, expected) => {
    expect(expectations(schema, value)).toEqual(expected);
  });
});
