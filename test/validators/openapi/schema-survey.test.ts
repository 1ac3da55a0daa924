import { describe, expect, it } from "vitest";
import { DocumentFaults } from "../../../src/validators/openapi/document-fault.ts";
import { surveySchemas } from "../../../src/validators/openapi/schema-survey.ts";

function survey(
  schema: unknown,
  schemas: Readonly<Record<string, unknown>> = {},
  isOld = false,
): readonly string[] {
  const faults = new DocumentFaults();
  surveySchemas({ s: schemas }, [{ value: schema, pointer: "/x" }], isOld, faults);
  return faults.list.map(({ pointer, expected }) => `${pointer}: ${expected}`);
}

describe("the survey of a document's schemas", () => {
  it("finds what is no schema, at every place that holds one", () => {
    const faulty = {
      items: 3,
      allOf: [true, "a"],
      properties: { p: null },
      not: {},
      anyOf: {},
      patternProperties: [],
    };
    expect([...survey(faulty)].sort()).toEqual([
      "/x/allOf/1: a schema: an object, or true or false",
      "/x/anyOf: a list of schemas",
      "/x/items: a schema: an object, or true or false",
      "/x/patternProperties: an object of schemas",
      "/x/properties/p: a schema: an object, or true or false",
    ]);
  });

  it("finds types that are none, and references that lead nowhere, also behind references", () => {
    expect(survey({ type: "int" })).toEqual([
      "/x/type: one of object, array, string, number, integer, boolean, null",
    ]);
    expect(survey({ required: true })).toEqual(["/x/required: a list of names"]);
    expect(survey({ $ref: "#/s/a" }, { a: { items: { $ref: "b.yaml" } } })).toEqual([
      "/s/a/items/$ref: a reference inside this document (#/…): no other file or address is read",
    ]);
    expect(survey({ $dynamicRef: "#a" })).toHaveLength(1);
  });

  it("looks at what stands beside a reference, unless the version ignores it", () => {
    expect(survey({ $ref: "#/s/a", type: "int" }, { a: {} })).toHaveLength(1);
    expect(survey({ $ref: "#/s/a", items: 3 }, { a: {} }, true)).toEqual([]);
  });

  it("tells a schema that comes back to itself at once from one that looks into the value before", () => {
    const endless = "a schema that looks into the value before it comes back to itself";
    expect(
      survey({ $ref: "#/s/a" }, { a: { allOf: [{ $ref: "#/s/b" }] }, b: { anyOf: [{ $ref: "#/s/a" }] } }),
    ).toEqual([`/s/a: ${endless}`]);
    expect(survey({ $ref: "#/s/a" }, { a: { $ref: "#/s/a" } })).toEqual([`/s/a: ${endless}`]);
    expect(
      survey({ $ref: "#/s/a" }, { a: { items: { $ref: "#/s/a" }, properties: { b: { $ref: "#/s/a" } } } }),
    ).toEqual([]);
  });

  it("looks at each schema once, however often it is referred to, and however long the chain", () => {
    const doubled = Object.fromEntries(
      Array.from({ length: 60 }, (_, place) => [
        `d${place}`,
        { allOf: [{ $ref: `#/s/d${place + 1}` }, { $ref: `#/s/d${place + 1}` }] },
      ]),
    );
    expect(survey({ $ref: "#/s/d0" }, { ...doubled, d60: {} })).toEqual([]);
    const chain = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, place) => [`c${place}`, { $ref: `#/s/c${place + 1}` }]),
    );
    expect(survey({ $ref: "#/s/c0" }, { ...chain, c20000: {} })).toEqual([]);
  });
});
