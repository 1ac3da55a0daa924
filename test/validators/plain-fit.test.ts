import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ArgumentCheck, type CheckRules } from "../../src/validators/argument-check.ts";
import { Explainer } from "../../src/validators/explain.ts";
import { duplicatesOf, readJson } from "../../src/validators/json-tree.ts";
import { toValue } from "../../src/validators/json-value.ts";
import { fitsPlainly } from "../../src/validators/plain-fit.ts";
import { plainShapeOf } from "../../src/validators/plain-shape.ts";
import { readSchema } from "../../src/validators/read-schema.ts";
import { compileCheck } from "../../src/validators/schema-check.ts";
import { BrokenSchema, OverLimit } from "../../src/validators/schema.ts";
import { survey } from "../../src/validators/survey.ts";
import { Steps, visitsOf } from "../../src/validators/visits.ts";
import { argumentsText, toolSchema } from "./random-arguments.ts";

const stepsMax = 50_000;

function looker(schema: unknown) {
  const tree = readSchema(JSON.stringify(schema), { schemaBytesMax: 1_000_000, formats: new Set() });
  const check = compileCheck(tree.targets, new Set());
  const shape = plainShapeOf(tree);
  const fits = (text: string, most = stepsMax): boolean =>
    shape !== null && fitsPlainly(text, shape, check, { stepsMax: most });
  return { tree, check, fits };
}

const weather = {
  type: "object",
  properties: {
    city: { type: "string" },
    unit: { enum: ["celsius", "fahrenheit"] },
    days: { type: "integer", minimum: 1 },
    note: { anyOf: [{ type: "string" }, { type: "null" }] },
    places: { anyOf: [{ type: "array", items: { $ref: "#/$defs/place" } }, { type: "null" }] },
    labels: { type: "object", additionalProperties: { type: "string" } },
    options: { type: "object" },
    parts: { allOf: [{ properties: { name: { type: "string" } } }] },
  },
  required: ["city"],
  additionalProperties: false,
  $defs: { place: { type: "object", properties: { name: { type: "string" } } } },
};

const sixty = Array.from({ length: 60 }, (_, place) => `name ${place}`);

describe("a plain fit", () => {
  const { fits } = looker(weather);

  it.each([
    '{"city":"Oslo","unit":"celsius","days":3}',
    '{ "city" : "a: \\"b\\": \\\\" ,\n"days":1e0 }',
    '{"city":"Oslo","note":null,"places":null}',
    '{"city":"Oslo","places":[{"name":"x"},{"name":"y"},{}]}',
    '{"city":"Oslo","labels":{"__proto__":"x","toString":"y"},"options":{"any":[{"a":null}]}}',
  ])("is seen in %s", (text) => {
    expect(fits(text)).toBe(true);
  });

  it.each([
    ["no JSON", '{"city":"Oslo"'],
    ["no object", '["city"]'],
    ["nothing", ""],
    ["a name that stands twice", '{"city":"Oslo","city":"Oslo"}'],
    ["a name that stands twice, once escaped", '{"city":"Oslo","\\u0063ity":"Oslo"}'],
    ["a name that stands twice where anything may stand", '{"city":"x","options":{"a":[{"b":1,"b":1}]}}'],
    ["a name that is not known", '{"city":"Oslo","cty":"Oslo"}'],
    ["a name of every object", '{"city":"Oslo","toString":1}'],
    ["the name of the prototype", '{"city":"Oslo","__proto__":{"days":1}}'],
    ["a name that is not known inside", '{"city":"Oslo","places":[{"name":"x","nme":"y"}]}'],
    ["a name that is not known in a part that is not plain", '{"city":"Oslo","parts":{"x":1}}'],
    ["a null that stands for nothing given", '{"city":"Oslo","days":null}'],
    ["a value that does not fit", '{"city":"Oslo","days":0}'],
    ["a name that is missing", '{"days":3}'],
  ])("is not seen in %s", (_, text) => {
    expect(fits(text)).toBe(false);
  });

  it("is not seen far down, where the full check has limits of its own", () => {
    const list = looker({ properties: { next: { $ref: "#" } } });
    const nested = (levels: number): string => `${'{"next":'.repeat(levels)}{}${"}".repeat(levels)}`;
    expect(list.fits(nested(10))).toBe(true);
    expect(list.fits(nested(40))).toBe(false);
    expect(looker({ type: "object" }).fits(`{"a":${"[".repeat(200)}${"]".repeat(200)}}`)).toBe(false);
  });

  it.each([
    [
      "elements",
      { properties: { tags: { type: "array", items: { type: "string" } } } },
      { tags: Array.from({ length: 100 }, () => "x") },
    ],
    ["characters", { properties: { name: { pattern: "^(a|b|c|d)*$" } } }, { name: "abcd".repeat(1_000) }],
    [
      "names",
      { required: sixty, additionalProperties: true },
      Object.fromEntries(sixty.map((name) => [name, 1])),
    ],
  ])("is not seen where a walk of the full check may come to its limit for many %s", (_, schema, value) => {
    const read = looker(schema);
    const text = JSON.stringify(value);
    const most = Math.ceil(visitsOf(read.tree, readJson(text, { depthMax: 128 }), stepsMax)) - 1;
    expect(most).toBeGreaterThan(60);
    expect(read.fits(text)).toBe(true);
    expect(read.fits(text, most)).toBe(false);
  });

  it("is not seen where a null would be compared with too many choices", () => {
    const choices = looker({ properties: { a: { enum: [null, ...Array.from({ length: 2_000 }).keys()] } } });
    expect(choices.fits('{"a":null}')).toBe(true);
    expect(choices.fits('{"a":null}', 1_000)).toBe(false);
  });

  it("is seen only where every walk of the full check finds nothing and stays within its limit", () => {
    let seen = 0;
    fc.assert(
      fc.property(
        toolSchema,
        fc.array(argumentsText, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(8, 20, 60, stepsMax),
        (schema, texts, most) => {
          const read = unlessBroken(() => looker(schema));
          const plain = texts.filter((text) => read?.fits(text, most));
          expect(plain.map((text) => read && whatFullCheckSees(read, text, most))).toEqual(
            plain.map(() => nothing),
          );
          seen += plain.length;
        },
      ),
      { numRuns: 400 },
    );
    // Else the promise would be kept by never seeing any.
    expect(seen).toBeGreaterThan(50);
  });
});

const nothing = { duplicates: 0, unknown: 0, nulls: 0, isWithinLimit: true, error: null };

function whatFullCheckSees({ tree, check }: ReturnType<typeof looker>, text: string, most: number) {
  const root = readJson(text, { depthMax: 128 });
  const steps = new Steps(most);
  const { unknown, nulls } = survey(tree, root, new Explainer(tree, steps), steps);
  return {
    duplicates: duplicatesOf(root).length,
    unknown: unknown.length,
    nulls: nulls.length,
    isWithinLimit: visitsOf(tree, root, most) <= most,
    error: check(toValue(root)),
  };
}

function unlessBroken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof BrokenSchema) return undefined;
    throw thrown;
  }
}

describe("a check that may see a plain fit", () => {
  const opened: ArgumentCheck[] = [];
  afterAll(async () => {
    await Promise.all(opened.map(async (check) => check.close()));
  });

  function checkWith(rules: Pick<CheckRules, "unknownParameters" | "nulls" | "coerce">): ArgumentCheck {
    const check = new ArgumentCheck({
      ...rules,
      faultsMax: 20,
      argumentsBytesMax: 1_000,
      formats: new Set(),
      schemaBytesMax: 500_000,
      schemaVisitsMax: stepsMax,
      schemaTimeoutMs: 20_000,
      schemaHeapMegabytesMax: 128,
      schemaCacheBytesMax: 16_000_000,
    });
    opened.push(check);
    return check;
  }

  async function outcome(check: ArgumentCheck, text: string, schema: string): Promise<unknown> {
    try {
      return await check.check(text, schema);
    } catch (thrown) {
      if (thrown instanceof OverLimit) return thrown.message;
      throw thrown;
    }
  }

  it("comes out as one that never saw the schema before, and cannot", async () => {
    const rules = fc.record({
      unknownParameters: fc.constantFrom("block", "strip", "pass"),
      nulls: fc.constantFrom("allow", "strip", "block"),
      coerce: fc.constantFrom("off", "lossless"),
    });
    await fc.assert(
      fc.asyncProperty(toolSchema, argumentsText, rules, async (schema, text, chosen) => {
        const schemaText = JSON.stringify(schema);
        const used = checkWith(chosen);
        // The first check of a schema is always the full one: nothing is compiled yet.
        await outcome(used, "{}", schemaText);
        expect(await outcome(used, text, schemaText)).toEqual(
          await outcome(checkWith(chosen), text, schemaText),
        );
      }),
      { numRuns: 150 },
    );
  });

  it("keeps telling what of the schema is not enforced", async () => {
    const check = checkWith({ unknownParameters: "block", nulls: "allow", coerce: "off" });
    const schema = JSON.stringify({ properties: { a: { type: "string", pattern: "(?=x)" } } });
    const first = await check.check('{"a":"y"}', schema);
    expect(first.notes).toHaveLength(1);
    expect(await check.check('{"a":"y"}', schema)).toEqual(first);
  });

  it("refuses arguments that are too large though the schema is known", async () => {
    const check = checkWith({ unknownParameters: "block", nulls: "allow", coerce: "off" });
    await check.check('{"a":"y"}', "{}");
    expect(() => check.check(JSON.stringify({ a: "x".repeat(1_000) }), "{}")).toThrow(OverLimit);
  });
});
