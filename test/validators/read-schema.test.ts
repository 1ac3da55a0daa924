import { describe, expect, it } from "vitest";
import { readSchema, type SchemaTree } from "../../src/validators/read-schema.ts";
import { conditional } from "./schema-under-test.ts";
import { BrokenSchema, OverLimit } from "../../src/validators/schema.ts";

const limits = { schemaBytesMax: 1_000_000, formats: new Set<string>() };
const read = (schema: unknown): SchemaTree => readSchema(JSON.stringify(schema), limits);

describe("reading a schema", () => {
  it("leaves only numbered references inside it, each target once", () => {
    const { targets, size, notes } = read({
      $id: "https://example.com/order",
      $defs: { item: { $id: "item", type: "object", properties: { next: { $ref: "#" } } } },
      properties: { first: { $ref: "item" }, second: { $ref: "https://example.com/item" } },
    });
    expect(targets).toEqual([
      { properties: { first: { $ref: "#/$defs/1" }, second: { $ref: "#/$defs/1" } } },
      { type: ["object"], properties: { next: { $ref: "#/$defs/1" } } },
    ]);
    expect(size).toBe(5);
    expect(notes).toEqual([]);
  });

  it("takes dynamic and recursive references as plain ones, since there is one document", () => {
    const { targets } = read({
      $dynamicAnchor: "node",
      properties: { child: { $dynamicRef: "#node" }, old: { $recursiveRef: "#" } },
    });
    expect(targets).toEqual([{ properties: { child: { $ref: "#/$defs/0" }, old: { $ref: "#/$defs/0" } } }]);
  });

  it("accepts true and false, also as targets", () => {
    expect(read(true).root).toEqual({});
    expect(read(false).root).toEqual({ not: {} });
    expect(read({ $defs: { no: false }, properties: { a: { $ref: "#/$defs/no" } } }).targets[1]).toEqual({
      not: {},
    });
  });

  it.each([
    ["not JSON", "{", "the schema is not JSON"],
    ["a list", "[]", "neither an object nor true or false"],
    ["a reference to itself", '{"$ref":"#"}', "refers to itself without end"],
    [
      "a circle of references",
      '{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}},"$ref":"#/$defs/a"}',
      "refers to itself without end",
    ],
    [
      "a reference to another document",
      '{"$ref":"https://another-tenant.example/s"}',
      "leads out of the schema",
    ],
  ])("finds %s broken", (_, text, sentence) => {
    expect(() => readSchema(text, limits)).toThrow(BrokenSchema);
    expect(() => readSchema(text, limits)).toThrow(sentence);
  });

  it("allows a schema that refers to itself for a value inside", () => {
    expect(read({ properties: { child: { $ref: "#" } } }).size).toBe(2);
  });

  it.each([
    ["100,000 levels", `${'{"not":'.repeat(100_000)}{}${"}".repeat(100_000)}`, "levels deep"],
    ["10 MB", JSON.stringify({ description: "x".repeat(10_000_000) }), "bytes"],
    [
      "a chain of 5,000 references",
      JSON.stringify({
        $ref: "#/$defs/0",
        $defs: Object.fromEntries(
          Array.from({ length: 5_000 }, (_, place) => [
            place,
            place === 4_999 ? {} : { $ref: `#/$defs/${place + 1}` },
          ]),
        ),
      }),
      "chain",
    ],
    ["overlapping targets", overlapping(), "parts"],
  ])("stops at a limit: %s", (_, text, sentence) => {
    expect(() => readSchema(text, limits)).toThrow(OverLimit);
    expect(() => readSchema(text, limits)).toThrow(sentence);
  });

  it("is quick with 100,000 forms of one value", () => {
    expect(() => read({ anyOf: Array.from({ length: 100_000 }, () => ({})) })).toThrow(OverLimit);
    expect(read({ anyOf: Array.from({ length: 19_000 }, () => ({})) }).size).toBe(19_001);
  });

  it("does not ask for the failure of what is not enforced", () => {
    const lookahead = { type: "string", pattern: "^(?!x)" };
    const { root, notes } = read({
      properties: {
        never: { not: lookahead },
        when: conditional<object>(lookahead, { maxLength: 1 }, { maxLength: 2 }),
        either: { oneOf: [lookahead, { type: "string" }] },
        some: { contains: lookahead, maxContains: 2 },
        dates: {
          oneOf: [
            { type: "string", format: "date" },
            { type: "string", format: "date-time" },
          ],
        },
        kept: { not: { type: "string" } },
        through: { not: { $ref: "#/$defs/weak" } },
      },
      $defs: { weak: { properties: { deep: lookahead } } },
    });
    const text = { type: ["string"] };
    expect(root).toEqual({
      properties: {
        never: {},
        when: {},
        either: { anyOf: [text, text] },
        some: { contains: text },
        dates: { anyOf: [text, text] },
        kept: { not: text },
        through: {},
      },
    });
    expect(notes).toHaveLength(5);
  });
});

/** 150 levels, each the target of a reference, so that reading each for itself squares the size. */
function overlapping(): string {
  let schema: object = { anyOf: Array.from({ length: 500 }, () => ({})) };
  const refs: object[] = [];
  for (let level = 0; level < 190; level += 1) {
    schema = { not: schema };
    refs.push({ $ref: `#${"/not".repeat(level + 1)}` });
  }
  return JSON.stringify({ ...schema, anyOf: refs.slice(0, 150) });
}
