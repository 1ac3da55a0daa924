import { describe, expect, it } from "vitest";
import { closestForm } from "../../src/validators/closest-form.ts";
import { Explainer } from "../../src/validators/explain.ts";
import { faultOf } from "../../src/validators/finding.ts";
import { underTest } from "./schema-under-test.ts";

/** What is said of a value that fits none of the forms. */
function said(forms: readonly object[], value: string): string[] {
  const { tree, root, steps, text } = underTest({ anyOf: forms }, value);
  const explainer = new Explainer(tree, steps);
  const own = typeof tree.root === "object" ? (tree.root.anyOf ?? []) : [];
  const tried = own.map((form) => explainer.findings(form, root));
  return closestForm(tried, root).map((finding) => {
    const { pointer, expected, kind } = faultOf(finding, text);
    return `${pointer} ${kind}: ${expected}`;
  });
}

const circle = {
  type: "object",
  properties: { kind: { const: "circle" }, radius: { type: "number" } },
  required: ["kind", "radius"],
  additionalProperties: false,
};
const square = {
  type: "object",
  properties: { kind: { const: "square" }, side: { type: "number" } },
  required: ["kind", "side"],
  additionalProperties: false,
};

describe("of several forms", () => {
  it("types are named together", () => {
    expect(said([{ type: "string" }, { type: "null" }], "5")).toEqual([" wrong-type: a string or null"]);
  });

  it("constants are listed as the choices that they are", () => {
    expect(said([{ const: "a" }, { enum: ["b", "c"] }, { type: "null" }], '"x"')).toEqual([
      ' enum: one of "a", "b", "c", null',
    ]);
  });

  it("only the one of the right type is explained", () => {
    expect(said([{ type: "string" }, circle, { type: "null" }], '{"kind":"circle"}')).toEqual([
      "/radius missing: a number",
    ]);
  });

  it("the one whose constant fits is explained, though another has fewer faults", () => {
    expect(said([circle, square], '{"kind":"square","radius":1}')).toEqual([
      "/side missing: a number",
      "/radius unknown-parameter: a known parameter",
    ]);
  });

  it("the first is explained where none is closer", () => {
    expect(said([circle, square], "{}")).toEqual(['/kind missing: "circle"', "/radius missing: a number"]);
  });
});
