import { describe, expect, it } from "vitest";
import { coercions } from "../../src/validators/coerce.ts";
import { Explainer } from "../../src/validators/explain.ts";
import { underTest } from "./schema-under-test.ts";

function coerced(schema: object, value: string): string | undefined {
  const { tree, root, steps, text } = underTest(schema, value);
  return coercions(new Explainer(tree, steps).findings(tree.root, root), text)[0]?.text;
}

describe("a value of a wrong type", () => {
  it.each([
    ["integer", '"5"', "5"],
    ["integer", '"-12"', "-12"],
    ["number", '"2.5"', "2.5"],
    ["boolean", '"true"', "true"],
    ["boolean", '"false"', "false"],
    ["string", "5", '"5"'],
    ["string", "2.5", '"2.5"'],
    ["string", "true", '"true"'],
    [["integer", "null"], '"5"', "5"],
    [["integer", "number"], '"5"', "5"],
  ])("becomes %j from %s without loss", (type, value, expected) => {
    expect(coerced({ type }, value)).toBe(expected);
  });

  it.each([
    ["integer", '"05"'],
    ["integer", '"5.0"'],
    ["integer", '" 5"'],
    ["integer", '"2.5"'],
    ["integer", '"12345678901234567890"'],
    ["number", '"1e3"'],
    ["number", '"1e400"'],
    ["number", '"0x10"'],
    ["number", '""'],
    ["boolean", '"yes"'],
    ["boolean", "1"],
    ["string", "12345678901234567890"],
    ["string", "2.50"],
    ["string", "null"],
    ["null", '"null"'],
    [["integer", "boolean"], '"5"'],
    ["array", '"[1]"'],
    ["object", '"{}"'],
  ])("is left for the model where something would be lost or guessed: %j from %s", (type, value) => {
    expect(coerced({ type }, value)).toBeUndefined();
  });

  it("is only what is coerced", () => {
    expect(coerced({ minimum: 5 }, "1")).toBeUndefined();
  });
});
