import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Explainer } from "../../src/validators/explain.ts";
import { faultOf } from "../../src/validators/finding.ts";
import { anySchema, anyValue } from "./random-schema.ts";
import { conditional, underTest } from "./schema-under-test.ts";

function said(schema: unknown, value: string | object): string[] {
  const { tree, root, steps, text } = underTest(schema, value);
  return new Explainer(tree, steps).findings(tree.root, root).map((finding) => {
    const { pointer, kind, expected } = faultOf(finding, text);
    return `${pointer} ${kind}: ${expected}`;
  });
}

describe("what keeps a value from fitting a schema", () => {
  it("is said all at once", () => {
    const schema = {
      type: "object",
      properties: {
        city: { type: "string", minLength: 2 },
        days: { type: "integer", maximum: 7 },
        tags: { items: { enum: ["a", "b"] }, maxItems: 1 },
      },
      required: ["city", "unit"],
      additionalProperties: false,
    };
    expect(said(schema, { city: "X", days: 9.5, tags: ["a", "c"], other: 1 })).toEqual([
      "/unit missing: a value",
      "/city bounds: at least 2 characters",
      "/days wrong-type: an integer",
      '/tags/1 enum: one of "a", "b"',
      "/tags bounds: at most 1 elements",
      "/other unknown-parameter: a known parameter",
    ]);
  });

  it.each([
    [
      { oneOf: [{ minimum: 1 }, { maximum: 5 }] },
      "3",
      [" ambiguous: exactly one of 2 forms; this fits 2 of them"],
    ],
    [{ not: { type: "string" } }, '"a"', [" forbidden: anything but a string"]],
    [{ not: { minLength: 1 } }, '"a"', [" forbidden: another value"]],
    [
      conditional<object>({ minimum: 5 }, { multipleOf: 2 }, { multipleOf: 3 }),
      "7",
      [" bounds: a multiple of 2"],
    ],
    [
      conditional<object>({ minimum: 5 }, { multipleOf: 2 }, { multipleOf: 3 }),
      "4",
      [" bounds: a multiple of 3"],
    ],
    [{ dependentRequired: { a: ["b"] } }, '{"a":1}', ['/b missing: a value, since "a" is given']],
    [
      { dependentSchemas: { a: { required: ["b"], properties: { b: { type: "null" } } } } },
      '{"a":1}',
      ["/b missing: null"],
    ],
    [{ prefixItems: [{ type: "string" }], items: false }, '["a",1]', ["/1 forbidden: nothing at this place"]],
    [{ contains: { type: "string" } }, "[1]", [" bounds: at least 1 elements that are a string"]],
    [
      { contains: { type: "string" }, maxContains: 1 },
      '["a","b"]',
      [" bounds: at most 1 elements that are a string"],
    ],
    [
      { uniqueItems: true },
      '[{"a":1,"b":2},{"b":2,"a":1}]',
      ["/1 not-unique: a value that stands only once in the list"],
    ],
    [
      { propertyNames: { maxLength: 1 } },
      '{"ab":1}',
      ["/ab forbidden: another name: this one does not fit the schema"],
    ],
    [
      { patternProperties: { "^x": { type: "string" } }, additionalProperties: { type: "null" } },
      '{"x1":1,"y":2}',
      ["/x1 wrong-type: a string", "/y wrong-type: null"],
    ],
    [{ minProperties: 1 }, "{}", [" bounds: at least 1 parameters"]],
    [{ const: { a: [1, 2] } }, '{"a":[1,2.0]}', []],
    [{ const: { a: [1, 2] } }, '{"a":[2,1]}', [' enum: {"a":[1,2]}']],
    [{ properties: { a: { $ref: "#" } }, required: ["b"] }, '{"a":{},"b":1}', ["/a/b missing: a value"]],
    [
      { allOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/a" }], $defs: { a: { minimum: 5 } } },
      "1",
      [" bounds: at least 5"],
    ],
  ])("by %j of %s", (schema, value, expected) => {
    expect(said(schema, value)).toEqual(expected);
  });

  it("is found in linear time where a validator takes exponential time", () => {
    const $defs: Record<string, object> = { n0: { type: "string" } };
    for (let level = 1; level <= 60; level += 1) {
      const ref = { $ref: `#/$defs/n${level - 1}` };
      $defs[`n${level}`] = { anyOf: [ref, ref], allOf: [ref, ref] };
    }
    expect(said({ $defs, $ref: "#/$defs/n60" }, "1")).toEqual([" wrong-type: a string"]);
  });

  it("exists exactly where Ajv refuses the value", () => {
    fc.assert(
      fc.property(anySchema, anyValue, (schema, value) => {
        const ajv = new Ajv2020({
          strict: false,
          validateSchema: false,
          validateFormats: false,
          logger: false,
        });
        let fits: boolean;
        try {
          fits = ajv.validate(schema, value);
        } catch (thrown) {
          // For a few odd schemas Ajv writes code that cannot run: it says nothing to compare with.
          fc.pre(!(thrown instanceof ReferenceError));
          throw thrown;
        }
        expect(said(schema, JSON.stringify(value)).length === 0).toBe(fits);
      }),
      { numRuns: 500 },
    );
  });
});
