import * as fc from "fast-check";
import { anySchema } from "./random-schema.ts";

const names = fc.constantFrom("a", "b", "c", "__proto__", "constructor", "1");
const kinds = fc.constantFrom("string", "integer", "number", "boolean", "null", "object", "array");

const leaf = fc.oneof(
  fc.record({ type: fc.oneof(kinds, fc.uniqueArray(kinds, { minLength: 1, maxLength: 3 })) }),
  fc.constantFrom<object>(
    {},
    { enum: ["a", null, 1] },
    { type: "string", pattern: "^a" },
    { type: "string", nullable: true },
    { anyOf: [{ type: "string" }, { type: "null" }] },
    { type: "array", uniqueItems: true },
    { $ref: "#/$defs/shared" },
    { $ref: "#" },
  ),
);

const combined = fc.constantFrom("anyOf", "oneOf", "allOf");
const besides = fc.constantFrom<object>(
  { $ref: "#/$defs/shared" },
  { anyOf: [{ type: "object" }, { type: "null" }] },
);

const { schema } = fc.letrec((tie) => {
  const inside = tie("schema");
  const object = fc.record(
    {
      type: fc.constantFrom<unknown>("object", ["object", "string"]),
      properties: fc.dictionary(names, inside, { maxKeys: 3 }),
      required: fc.uniqueArray(names, { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), fc.constant({}), inside),
      maxProperties: fc.constant(2),
    },
    { requiredKeys: [] },
  );
  return {
    schema: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { arbitrary: leaf, weight: 3 },
      { arbitrary: object, weight: 4 },
      { arbitrary: fc.record({ type: fc.constant("array"), items: inside }), weight: 1 },
      { arbitrary: inside.map((form) => ({ anyOf: [form, { type: "null" }] })), weight: 1 },
      {
        arbitrary: fc
          .tuple(combined, fc.tuple(object, inside))
          .map(([keyword, forms]) => ({ [keyword]: forms })),
        weight: 1,
      },
      { arbitrary: fc.tuple(object, besides).map(([one, other]) => ({ ...one, ...other })), weight: 1 },
      { arbitrary: anySchema, weight: 1 },
    ),
    object,
  };
});

/** Schemas of parameters as tools mostly have them, with some of any kind inside. */
export const toolSchema: fc.Arbitrary<object> = fc
  .tuple(fc.oneof(schema, fc.constant({})), fc.dictionary(names, schema, { maxKeys: 3 }), schema)
  .chain(([whole, properties, shared]) =>
    fc.constantFrom<object>(
      { type: "object", properties, $defs: { shared } },
      { ...(typeof whole === "object" ? whole : {}), $defs: { shared } },
    ),
  );

const space = fc.constantFrom("", "", " ", "\n\t");
const nameText = fc.constantFrom('"a"', '"b"', '"c"', '"\\u0061"', '"__proto__"', '"constructor"', '"1"');
const scalarText = fc.constantFrom(
  '"a"',
  '"ab"',
  '""',
  '"\\u0061"',
  '"a:b"',
  '"\\\\"',
  '"{\\":"',
  "true",
  "false",
  "null",
  "null",
  "1",
  "1.0",
  "-0",
  "0.5",
  "1e400",
  "12345678901234567890",
);

const { objectText } = fc.letrec<{ value: string; objectText: string }>((tie) => {
  const spaced = fc.tuple(space, tie("value"), space).map((parts) => parts.join(""));
  const member = fc.tuple(space, nameText, space, spaced).map(([before, name, after, value]) => {
    return `${before}${name}${after}:${value}`;
  });
  return {
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { arbitrary: scalarText, weight: 4 },
      { arbitrary: fc.array(spaced, { maxLength: 3 }).map((all) => `[${all.join()}]`), weight: 1 },
      { arbitrary: tie("objectText"), weight: 2 },
    ),
    objectText: fc.array(member, { maxLength: 3 }).map((all) => `{${all.join()}}`),
  };
});

const garbled = fc
  .tuple(objectText, fc.nat(), fc.constantFrom("", " ", ",", ":", '"', "}", "\\", "0"))
  .map(([text, place, put]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + put + text.slice(at + (put === "" ? 1 : 0));
  });

/** Arguments as text: names may stand twice, and some of it is no JSON. */
export const argumentsText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: objectText, weight: 6 },
  { arbitrary: garbled, weight: 1 },
  { arbitrary: scalarText, weight: 1 },
);
