import { afterAll, describe, expect, it } from "vitest";
import { ArgumentCheck } from "../../src/validators/argument-check.ts";

const check = new ArgumentCheck({
  unknownParameters: "block",
  nulls: "allow",
  coerce: "off",
  faultsMax: 20,
  argumentsBytesMax: 1_000_000,
  formats: new Set(),
  schemaBytesMax: 500_000,
  schemaVisitsMax: 50_000,
  schemaTimeoutMs: 20_000,
  schemaHeapMegabytesMax: 128,
  schemaCacheBytesMax: 16_000_000,
});
afterAll(async () => check.close());

async function faults(schema: object, value: object): Promise<string[]> {
  const outcome = await check.check(JSON.stringify(value), JSON.stringify(schema));
  return outcome.kind === "fits" ? [] : outcome.faults.map((fault) => `${fault.pointer} ${fault.kind}`);
}

/** As pydantic 2 writes a model with an optional field, an enumeration and a nested model. */
const pydantic = {
  $defs: {
    Unit: { enum: ["celsius", "fahrenheit"], title: "Unit", type: "string" },
    Place: {
      properties: {
        city: { title: "City", type: "string" },
        country: { anyOf: [{ type: "string" }, { type: "null" }], default: null, title: "Country" },
      },
      required: ["city"],
      title: "Place",
      type: "object",
    },
  },
  properties: {
    places: { items: { $ref: "#/$defs/Place" }, minItems: 1, title: "Places", type: "array" },
    unit: { $ref: "#/$defs/Unit", default: "celsius" },
    labels: { additionalProperties: { type: "string" }, title: "Labels", type: "object" },
    limit: { default: 10, exclusiveMinimum: 0, title: "Limit", type: "integer" },
  },
  required: ["places"],
  title: "Forecast",
  type: "object",
};

/** As zod 4 writes one: 2020-12, closed, with a lookahead in the pattern of an address. */
const zod = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    to: {
      type: "string",
      format: "email",
      pattern:
        "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
    },
    kind: {
      oneOf: [
        { type: "string", const: "plain" },
        { type: "string", const: "html" },
      ],
    },
    size: { type: "integer", minimum: -9_007_199_254_740_991, maximum: 9_007_199_254_740_991 },
  },
  required: ["to"],
  additionalProperties: false,
};

/** As OpenAI's strict mode wants one: every name required, optional ones may be null. */
const strict = {
  type: "object",
  properties: {
    query: { type: "string", description: "What to look for" },
    node: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
  },
  required: ["query", "node"],
  additionalProperties: false,
  $defs: {
    node: {
      type: "object",
      properties: {
        value: { type: ["number", "null"] },
        next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
      },
      required: ["value", "next"],
      additionalProperties: false,
    },
  },
};

/** As zod-to-json-schema writes one: draft-07, references into `properties`. */
const draft07 = {
  $schema: "http://json-schema.org/draft-07/schema#",
  type: "object",
  properties: {
    edits: {
      type: "array",
      items: {
        type: "object",
        properties: { oldText: { type: "string" } },
        required: ["oldText"],
        additionalProperties: false,
      },
    },
    undo: { type: "array", items: { $ref: "#/properties/edits/items" } },
    pair: { type: "array", items: [{ type: "string" }, { type: "number" }], minItems: 2, maxItems: 2 },
  },
  required: ["edits"],
  additionalProperties: false,
};

describe("schemas as libraries write them", () => {
  it.each([
    [
      "pydantic",
      pydantic,
      { places: [{ city: "Paris", country: null }], unit: "celsius", labels: { any: "x" }, limit: 1 },
      [],
    ],
    [
      "pydantic",
      pydantic,
      { places: [{ city: "Paris", zip: "1" }], unit: null, labels: { any: 1 }, limit: 0 },
      ["/places/0/zip unknown-parameter", "/labels/any wrong-type", "/limit bounds"],
    ],
    ["pydantic", pydantic, { places: [], unit: "kelvin" }, ["/places bounds", "/unit enum"]],
    ["zod", zod, { to: "a@example.com", kind: "html", size: 3 }, []],
    [
      "zod",
      zod,
      { to: "a@example.com", kind: "pdf", cc: "b@example.com" },
      ["/cc unknown-parameter", "/kind enum"],
    ],
    [
      "OpenAI's strict mode",
      strict,
      { query: "x", node: { value: 1, next: { value: null, next: null } } },
      [],
    ],
    [
      "OpenAI's strict mode",
      strict,
      { query: "x", node: { value: "1", next: { value: 1 } } },
      ["/node/value wrong-type", "/node/next/next missing"],
    ],
    ["draft-07", draft07, { edits: [{ oldText: "a" }], undo: [{ oldText: "b" }], pair: ["a", 1] }, []],
    [
      "draft-07",
      draft07,
      { edits: [{ oldtext: "a" }], pair: [1, "a"] },
      [
        "/edits/0/oldtext unknown-parameter",
        "/edits/0/oldText missing",
        "/pair/0 wrong-type",
        "/pair/1 wrong-type",
      ],
    ],
  ])("are understood: %s", async (_, schema, value, expected) => {
    expect((await faults(schema, value)).toSorted((one, other) => (one < other ? -1 : 1))).toEqual(
      expected.toSorted((one, other) => (one < other ? -1 : 1)),
    );
  });
});
