import * as fc from "fast-check";
import { conditional } from "./schema-under-test.ts";

const names = fc.constantFrom("a", "b", "c");
const small = fc.integer({ min: 0, max: 3 });
const scalar = fc.oneof(
  fc.constantFrom("", "a", "ab", "abc", "1"),
  fc.integer({ min: -2, max: 4 }),
  fc.constantFrom(0.5, true, false, null),
);
const typeName = fc.constantFrom("object", "array", "string", "number", "integer", "boolean", "null");

const { schema } = fc.letrec((tie) => {
  const sub = tie("schema");
  const subs = fc.array(sub, { minLength: 1, maxLength: 3 });
  const keywords = {
    type: fc.oneof(typeName, fc.uniqueArray(typeName, { minLength: 1, maxLength: 3 })),
    enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }),
    const: scalar,
    minimum: small,
    maximum: small,
    exclusiveMinimum: small,
    exclusiveMaximum: small,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    minLength: small,
    maxLength: small,
    pattern: fc.constantFrom("^a", "b$", "^[a-c]*$", "\\d"),
    prefixItems: subs,
    items: sub,
    contains: sub,
    minContains: small,
    maxContains: small,
    minItems: small,
    maxItems: small,
    uniqueItems: fc.boolean(),
    properties: fc.dictionary(names, sub, { maxKeys: 3, noNullPrototype: true }),
    patternProperties: fc.dictionary(fc.constantFrom("^a", "b|c"), sub, {
      maxKeys: 2,
      noNullPrototype: true,
    }),
    additionalProperties: sub,
    propertyNames: fc.record({ enum: fc.constant(["a", "b"]) }),
    required: fc.uniqueArray(names, { maxLength: 2 }),
    minProperties: small,
    maxProperties: small,
    dependentRequired: fc.dictionary(names, fc.uniqueArray(names, { maxLength: 2 }), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
    dependentSchemas: fc.dictionary(names, sub, { maxKeys: 2, noNullPrototype: true }),
    allOf: subs,
    anyOf: subs,
    oneOf: subs,
    not: sub,
    ...conditional(sub, sub, sub),
  };
  const some = fc
    .uniqueArray(fc.constantFrom(...(Object.keys(keywords) as (keyof typeof keywords)[])), { maxLength: 4 })
    // Ajv overlooks `contains` on an array shorter than `prefixItems`; what is compared is what it sees.
    .map((chosen) => (chosen.includes("contains") ? chosen.filter((name) => name !== "prefixItems") : chosen))
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((keyword) => [keyword, keywords[keyword]]))));
  return { schema: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.boolean(), some) };
});

/** Schemas over every keyword that has no memory of what others looked at (`unevaluated*`). */
export const anySchema = schema as fc.Arbitrary<object | boolean>;

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(names, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

/** Values near enough to those schemas to fit about half of them. */
export const anyValue = value as fc.Arbitrary<string | number | boolean | null | object>;

/** Arguments: an object at the root. */
export const anyArguments = fc.dictionary(names, anyValue, { maxKeys: 3, noNullPrototype: true });
