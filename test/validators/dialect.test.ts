import { describe, expect, it } from "vitest";
import { orNull, readKeywords } from "../../src/validators/dialect.ts";
import type { LinearPattern } from "../../src/validators/linear-pattern.ts";
import type { Raw } from "../../src/validators/references.ts";
import type { Schema } from "../../src/validators/schema.ts";

function read(raw: Raw, formats: readonly string[] = []) {
  const said: string[] = [];
  const patterns = new Map<string, LinearPattern>();
  const draft = readKeywords(raw, {
    child: (child) => child as Schema,
    weaken: (sentence) => void said.push(sentence),
    patterns,
    formats: new Set(formats),
  });
  return { draft, said: said.filter((sentence) => sentence !== "") };
}

describe("schemas of every draft", () => {
  it.each([
    ["one type", { type: "string" }, { type: ["string"] }],
    ["annotations leave", { title: "T", description: "D", default: 1, examples: [1], "x-order": 2 }, {}],
    [
      "draft-07 tuples",
      { items: [true, { type: "string" }], additionalItems: false },
      { prefixItems: [true, { type: "string" }], items: false },
    ],
    ["2020-12 tuples", { prefixItems: [true], items: false }, { prefixItems: [true], items: false }],
    [
      "draft-07 dependencies",
      { dependencies: { a: ["b"], c: { required: ["d"] } } },
      { dependentRequired: { a: ["b"] }, dependentSchemas: { c: { required: ["d"] } } },
    ],
    ["draft-04 exclusive bounds", { minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
    [
      "draft-04 exclusive bounds in any order",
      { exclusiveMaximum: true, maximum: 1 },
      { exclusiveMaximum: 1 },
    ],
    ["draft-04 inclusive bounds", { maximum: 1, exclusiveMaximum: false }, { maximum: 1 }],
    ["draft-03 required", { type: "string", required: true }, { type: ["string"] }],
  ])("%s", (_, raw, normal) => {
    expect(read(raw)).toEqual({ draft: normal, said: [] });
  });

  it.each([
    [{ type: "float" }, 'the type "float" is none of JSON Schema\'s'],
    [{ minLength: "5" }, '"minLength" has a value of a wrong type'],
    [{ multipleOf: 0 }, '"multipleOf" has a value of a wrong type'],
    [{ enum: [] }, '"enum" has a value of a wrong type'],
    [{ required: "a" }, '"required" has a value of a wrong type'],
    [{ anyOf: {} }, '"anyOf" is not a list of schemas'],
    [{ properties: [] }, '"properties" is not an object of schemas'],
    [{ pattern: 5 }, '"pattern" has a value of a wrong type'],
  ])("an author's slip is not enforced, and said: %j", (raw, sentence) => {
    const { draft, said } = read(raw);
    expect(said).toEqual([sentence]);
    expect(Object.keys(draft).filter((keyword) => keyword !== "properties")).toEqual([]);
  });

  it("drops a pattern that no linear engine can match, and says so", () => {
    const { draft, said } = read({ type: "string", pattern: "^(?!x)" });
    expect(draft).toEqual({ type: ["string"] });
    expect(said[0]).toMatch(/^the pattern "\^\(\?!x\)" is not enforced: /);
  });

  it("enforces patterns up to a size of all of them together", () => {
    const patterns = Array.from({ length: 50 }, (_, place) => [`^(?:[a-z]{9}){99}${place}$`, true]);
    const { draft, said } = read({ patternProperties: Object.fromEntries(patterns) as object });
    const enforced = Object.keys(draft["patternProperties"] as object).length;
    expect(enforced).toBeGreaterThan(10);
    expect(enforced).toBeLessThan(40);
    expect(said.at(-1)).toContain("too many large ones");
  });

  it("refuses no name where an unsupported pattern might have allowed it", () => {
    const { draft } = read({
      patternProperties: { "^(?!x)": {}, "^y": { type: "string" } },
      additionalProperties: false,
    });
    expect(draft).toEqual({ patternProperties: { "^y": { type: "string" } }, additionalProperties: true });
  });

  it("keeps a format only where it is enforced", () => {
    expect(read({ format: "date" }).draft).toEqual({});
    expect(read({ format: "date" }, ["date"]).draft).toEqual({ format: "date" });
  });

  it("cannot be made to change a prototype", () => {
    const raw = JSON.parse('{"properties":{"__proto__":{"type":"string"},"a":true}}') as Raw;
    const { draft } = read(raw);
    expect(draft).toEqual({ properties: { a: true } });
    expect(Object.getPrototypeOf(draft["properties"])).toBe(Object.prototype);
  });

  it("may be null beside what else they say where OpenAPI says nullable", () => {
    expect(orNull({ type: ["string"], minLength: 1 })).toEqual({ type: ["string", "null"], minLength: 1 });
    expect(orNull({ enum: ["a"] })).toEqual({ anyOf: [{ enum: ["a"] }, { type: ["null"] }] });
    expect(orNull({ $ref: "#/$defs/1", type: ["object"] })).toEqual({
      anyOf: [{ $ref: "#/$defs/1", type: ["object"] }, { type: ["null"] }],
    });
  });
});
