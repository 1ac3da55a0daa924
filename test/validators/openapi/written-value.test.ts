import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairsOf } from "../../../src/validators/openapi/form-body.ts";
import { Shape } from "../../../src/validators/openapi/shape.ts";
import {
  fromPairs,
  fromText,
  scalar,
  type ReadAs,
  type Writing,
} from "../../../src/validators/openapi/written-value.ts";

const shapeOf = (schema: unknown): Shape => new Shape({}, schema);
const usual: Writing = { name: "a", style: "form", explode: true, isJson: false };
const integers = { type: "array", items: { type: "integer" } };
const rgb = { type: "object", properties: { R: { type: "integer" }, G: { type: "integer" } } };

function query(text: string, schema: unknown, writing: Partial<Writing> = {}, as: ReadAs = "typed"): unknown {
  const { values } = fromPairs({ ...usual, ...writing }, pairsOf(text), shapeOf(schema), as);
  return values.map((value) => JSON.parse(value) as unknown);
}

describe("a text", () => {
  it.each<[string, unknown, string]>([
    ["5", { type: "integer" }, "5"],
    ["-1.50e3", { type: "number" }, "-1.50e3"],
    ["05", { type: "integer" }, '"05"'],
    ["0x10", { type: "integer" }, '"0x10"'],
    [" 5", { type: "integer" }, '" 5"'],
    ["", { type: "integer" }, '""'],
    ["true", { type: "boolean" }, "true"],
    ["True", { type: "boolean" }, '"True"'],
    ["5", { type: "string" }, '"5"'],
    ["5", { enum: [5, "a"] }, "5"],
    ["null", { type: ["integer", "null"] }, "null"],
    ["null", { type: ["string", "null"] }, '"null"'],
    ["5", {}, '"5"'],
  ])("is a value of the schema's type, else text: %s for %j", (text, schema, json) => {
    expect(scalar(text, shapeOf(schema), "typed")).toBe(json);
  });

  it("is left text on the second reading where it may be text", () => {
    expect(scalar("5", shapeOf({ type: ["integer", "string"] }), "text")).toBe('"5"');
    expect(scalar("5", shapeOf({ type: "integer" }), "text")).toBe("5");
  });
});

describe("a parameter of a query", () => {
  it.each<[string, unknown, Partial<Writing>, unknown]>([
    ["a=1&b=2", { type: "integer" }, {}, [1]],
    ["a=1&a=2", { type: "integer" }, {}, [1, 2]],
    ["b=2", { type: "integer" }, {}, []],
    ["a=1&a=2", integers, {}, [[1, 2]]],
    ["a=1", integers, {}, [[1]]],
    ["a=1,2", integers, { explode: false }, [[1, 2]]],
    ["a=1%2C2", integers, { explode: false }, [[1, 2]]],
    ["a=", integers, { explode: false }, [[]]],
    ["a=1%202", integers, { explode: false, style: "spaceDelimited" }, [[1, 2]]],
    ["a=1+2", integers, { explode: false, style: "spaceDelimited" }, [[1, 2]]],
    ["a=1|2", integers, { explode: false, style: "pipeDelimited" }, [[1, 2]]],
    ["R=1&x=3&G=2", rgb, {}, [{ R: 1, G: 2 }]],
    ["a=R,1,G,2", rgb, { explode: false }, [{ R: 1, G: 2 }]],
    ["a[R]=1&a%5BG%5D=2", rgb, { style: "deepObject" }, [{ R: 1, G: 2 }]],
    ["a[]=1&a[]=2", integers, { style: "deepObject" }, [[1, 2]]],
    ["a[0]=1&a[1]=2", integers, { style: "deepObject" }, [[1, 2]]],
    [
      "a[x][y][]=1&a[x][z]=true",
      {
        type: "object",
        properties: { x: { type: "object", properties: { y: integers, z: { type: "boolean" } } } },
      },
      { style: "deepObject" },
      [{ x: { y: [1], z: true } }],
    ],
    ["a=%7B%22b%22:1%7D", {}, { isJson: true }, [{ b: 1 }]],
    ["a=%7B", {}, { isJson: true }, ["{"]],
    ["a[__proto__]=1", rgb, { style: "deepObject" }, [JSON.parse('{"__proto__":"1"}')]],
  ])("is read as it is written: %s", (text, schema, writing, values) => {
    expect(query(text, schema, writing)).toEqual(values);
  });

  it("may be one value or a list, on two readings", () => {
    const either = { oneOf: [{ type: "string" }, integers] };
    expect(query("a=1", either)).toEqual([1 as unknown].map(String));
    expect(query("a=1", either, {}, "text")).toEqual([[1]]);
    expect(query("a=1&a=2", either)).toEqual([[1, 2]]);
  });

  it("nests no deeper than a stack can bear", () => {
    const text = `a${"[x]".repeat(50_000)}=1`;
    expect(JSON.stringify(query(text, {}, { style: "deepObject" })).length).toBeLessThan(500);
  });

  it("comes back whatever its numbers are", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (numbers) => {
        expect(query(numbers.map((one) => `a=${one}`).join("&"), integers)).toEqual([numbers]);
        expect(query(`a=${numbers.join()}`, integers, { explode: false })).toEqual([numbers]);
      }),
    );
  });
});

describe("a parameter of a path or a header", () => {
  it.each<[string, unknown, Partial<Writing>, unknown]>([
    ["5", { type: "integer" }, { style: "simple" }, 5],
    ["1, 2", integers, { style: "simple" }, [1, 2]],
    ["R,1,G,2", rgb, { style: "simple" }, { R: 1, G: 2 }],
    ["R=1,G=2", rgb, { style: "simple", explode: true }, { R: 1, G: 2 }],
    [".5", { type: "integer" }, { style: "label" }, 5],
    [".1,2", integers, { style: "label" }, [1, 2]],
    [".1.2", integers, { style: "label", explode: true }, [1, 2]],
    [";a=5", { type: "integer" }, { style: "matrix" }, 5],
    [";a=1,2", integers, { style: "matrix" }, [1, 2]],
    [";a=1;a=2", integers, { style: "matrix", explode: true }, [1, 2]],
    [";R=1;G=2", rgb, { style: "matrix", explode: true }, { R: 1, G: 2 }],
    ["[1]", integers, { isJson: true }, [1]],
  ])("is read as it is written: %s", (text, schema, writing, value) => {
    const explode = writing.explode ?? false;
    expect(JSON.parse(fromText({ ...usual, ...writing, explode }, text, shapeOf(schema), "typed"))).toEqual(
      value,
    );
  });
});
