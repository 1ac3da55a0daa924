import { describe, expect, it } from "vitest";
import { Explainer } from "../../src/validators/explain.ts";
import { pointerOf } from "../../src/validators/json-tree.ts";
import { survey } from "../../src/validators/survey.ts";
import { conditional, underTest } from "./schema-under-test.ts";

function surveyed(schema: unknown, value: object) {
  const { tree, root, steps } = underTest(schema, value);
  const seen = survey(tree, root, new Explainer(tree, steps), steps);
  return {
    unknown: seen.unknown.map(({ object, name }) => pointerOf(object, name)),
    nulls: seen.nulls.map(({ object, place }) => pointerOf(object, object.members[place]?.name)),
    known: seen.unknown.map(({ known }) => known),
  };
}

const unknownIn = (schema: unknown, value: object): string[] => surveyed(schema, value).unknown;

const text = { type: "string" };
const part = (name: string) => ({ properties: { [name]: text } });
const named = { type: "object", properties: { a: text } };

describe("a name that no schema knows", () => {
  it.each([
    ["where the names are listed", named, { a: "x", b: 1 }, ["/b"]],
    ["where no parameter is taken", { type: "object", properties: {} }, { a: 1 }, ["/a"]],
    ["in an object inside", { properties: { deep: named } }, { deep: { b: 1 } }, ["/deep/b"]],
    [
      "in a list",
      { properties: { list: { items: named } } },
      { list: [{ a: "x" }, { b: 1 }] },
      ["/list/1/b"],
    ],
    [
      "behind a reference",
      { properties: { deep: { $ref: "#/$defs/n" } }, $defs: { n: named } },
      { deep: { b: 1 } },
      ["/deep/b"],
    ],
    [
      "in a schema that refers to itself",
      { properties: { child: { $ref: "#" } } },
      { child: { child: { b: 1 } } },
      ["/child/child/b"],
    ],
    ["where the schema itself closes the object", { additionalProperties: false }, { a: 1 }, ["/a"]],
    ["beside conditions", { ...named, anyOf: [{ required: ["a"] }, { required: ["b"] }] }, { c: 1 }, ["/c"]],
    [
      "under an optional object",
      { properties: { deep: { anyOf: [named, { type: "null" }] } } },
      { deep: { b: 1 } },
      ["/deep/b"],
    ],
    ["in what further names hold", { additionalProperties: named }, { any: { b: 1 } }, ["/any/b"]],
    ["in what a pattern's names hold", { patternProperties: { "^x": named } }, { x1: { b: 1 } }, ["/x1/b"]],
  ])("is found %s", (_, schema, value, expected) => {
    expect(unknownIn(schema, value)).toEqual(expected);
  });

  it.each([
    ["no names are listed", { type: "object" }, { b: 1 }],
    ["further names may be", { ...named, additionalProperties: true }, { b: 1 }],
    ["further names have a schema", { ...named, additionalProperties: text }, { b: 1 }],
    ["names have patterns", { ...named, patternProperties: { "^x": {} } }, { b: 1 }],
    ["names have a schema", { ...named, propertyNames: { maxLength: 3 } }, { b: 1 }],
    ["unevaluated ones have a schema", { ...named, unevaluatedProperties: text }, { b: 1 }],
    ["another part says so", { ...named, allOf: [{ additionalProperties: true }] }, { b: 1 }],
    ["one form says so", { anyOf: [named, { type: "object", additionalProperties: {} }] }, { b: 1 }],
    [
      "one form is any object",
      { properties: { deep: { anyOf: [named, { type: "object" }] } } },
      { deep: { b: 1 } },
    ],
    [
      "the same place is any object in another form",
      { anyOf: [{ properties: { deep: named } }, { properties: { deep: {} } }] },
      { deep: { b: 1 } },
    ],
    ["it must be given", { ...named, required: ["b"] }, { b: 1 }],
    ["the value is nothing that the schema knows", true, { b: 1 }],
  ])("is none where %s", (_, schema, value) => {
    expect(unknownIn(schema, value)).toEqual([]);
  });

  it("is one that stands in no part and no form", () => {
    const schema = {
      ...part("own"),
      allOf: [part("all")],
      anyOf: [part("any")],
      oneOf: [part("one")],
      ...conditional(part("if"), part("then"), part("else")),
      dependentSchemas: { own: part("dependent") },
      $ref: "#/$defs/r",
      $defs: { r: part("ref") },
    };
    const all = ["own", "all", "any", "one", "if", "then", "else", "dependent", "ref"];
    const seen = surveyed(schema, Object.fromEntries([...all, "other"].map((name) => [name, "x"])));
    expect(seen.unknown).toEqual(["/other"]);
    expect(seen.known[0]?.toSorted()).toEqual(all.toSorted());
  });
});

describe("a null that stands for nothing given", () => {
  it.each([
    ["an optional parameter without null", { properties: { a: text } }, { a: null }, ["/a"]],
    ["inside an object", { properties: { deep: named } }, { deep: { a: null } }, ["/deep/a"]],
    [
      "none of several types is null",
      { properties: { a: { anyOf: [text, { type: "integer" }] } } },
      { a: null },
      ["/a"],
    ],
    ["a required one", { properties: { a: text }, required: ["a"] }, { a: null }, []],
    ["null is one of its types", { properties: { a: { type: ["string", "null"] } } }, { a: null }, []],
    ["OpenAPI says nullable", { properties: { a: { type: "string", nullable: true } } }, { a: null }, []],
    ["anything may stand there", { properties: { a: {} } }, { a: null }, []],
    ["a name that is not listed", { ...named, additionalProperties: text }, { b: null }, []],
    ["an element of a list", { properties: { a: { items: text } } }, { a: [null] }, []],
  ])("%s", (_, schema, value, expected) => {
    expect(surveyed(schema, value).nulls).toEqual(expected);
  });
});
