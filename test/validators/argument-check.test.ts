import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ArgumentCheck, type Checked, type CheckRules } from "../../src/validators/argument-check.ts";
import { OverLimit } from "../../src/validators/schema.ts";
import { anyArguments, anySchema } from "./random-schema.ts";

const rules: CheckRules = {
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
};
const opened: ArgumentCheck[] = [];

function checkWith(change: Partial<CheckRules> = {}): ArgumentCheck {
  const check = new ArgumentCheck({ ...rules, ...change });
  opened.push(check);
  return check;
}

async function checked(text: string, schema: unknown, change: Partial<CheckRules> = {}): Promise<Checked> {
  return checkWith(change).check(text, schema === undefined ? undefined : JSON.stringify(schema));
}

async function faults(text: string, schema: unknown, change: Partial<CheckRules> = {}): Promise<string[]> {
  const outcome = await checked(text, schema, change);
  return outcome.kind === "fits" ? [] : outcome.faults.map(({ pointer, kind }) => `${pointer} ${kind}`);
}

async function fitted(text: string, schema: unknown, change: Partial<CheckRules> = {}): Promise<string> {
  const outcome = await checked(text, schema, change);
  if (outcome.kind === "faulty") throw new Error(JSON.stringify(outcome.faults));
  return outcome.text;
}

afterAll(async () => {
  await Promise.all(opened.map(async (check) => check.close()));
});

const weather = {
  type: "object",
  properties: {
    city: { type: "string" },
    days: { type: "integer" },
    unit: { enum: ["celsius", "fahrenheit"] },
  },
  required: ["city"],
};

describe("the check of arguments", () => {
  it("gives back the very text that fits", async () => {
    const text = '{ "city" : "Paris",  "days": 3 }';
    expect(await checked(text, weather)).toEqual({ kind: "fits", text, changes: [], notes: [] });
  });

  it("tells all faults at once", async () => {
    expect(await faults('{"cty":"Paris","days":"3","unit":"kelvin","unit":"x"}', weather)).toEqual([
      "/unit duplicate-key",
      "/cty unknown-parameter",
      "/city missing",
      "/days wrong-type",
      "/unit enum",
    ]);
  });

  it("counts what it does not list", async () => {
    const text = `{"city":"x",${Array.from({ length: 30 }, (_, place) => `"p${place}":1`).join()}}`;
    expect(await checked(text, weather, { faultsMax: 4 })).toMatchObject({
      kind: "faulty",
      faults: { length: 4 },
      more: 26,
    });
  });

  it.each(["", "  \n"])("takes %j for no arguments", async (text) => {
    expect(await fitted(text, { type: "object" })).toBe(text);
    expect(await faults(text, weather)).toEqual(["/city missing"]);
  });

  it.each([
    ["{", " malformed"],
    ["[1]", " wrong-type"],
    ["null", " wrong-type"],
    ['"{}"', " wrong-type"],
    ['{"a":1,"a":2}', "/a duplicate-key"],
  ])("looks at the form of %s though there is no schema", async (text, fault) => {
    expect(await faults(text, undefined)).toEqual([fault]);
  });

  it("says what it could not check", async () => {
    expect((await checked("{}", undefined)).notes).toEqual(["The tool has no schema."]);
    expect((await checked("{}", { $ref: "https://elsewhere.example/" })).notes[0]).toContain(
      "leads out of the schema",
    );
    expect((await checked("{}", { properties: { a: { pattern: "(?=x)" } } })).notes[0]).toContain(
      "is not enforced",
    );
    expect(await faults('{"a":1,"a":2}', { $ref: "#/missing" })).toEqual(["/a duplicate-key"]);
  });

  it("says one unknown parameter once, though two rules refuse it", async () => {
    expect(await faults('{"a":1,"city":"x"}', { ...weather, additionalProperties: false })).toEqual([
      "/a unknown-parameter",
    ]);
  });

  it("names a fault of a keyword that only the validator follows", async () => {
    const schema = { properties: { list: { prefixItems: [{ type: "string" }], unevaluatedItems: false } } };
    const outcome = await checked('{"list":["a",1]}', schema);
    expect(outcome).toMatchObject({
      faults: [{ kind: "other", expected: expect.stringContaining("unevaluatedItems") as string }],
    });
  });

  it("refuses what is too large to look at", async () => {
    await expect(checked(`{"a":"${"x".repeat(1_000_000)}"}`, {})).rejects.toThrow(OverLimit);
    await expect(checked("{}", { description: "x".repeat(500_000) })).rejects.toThrow(OverLimit);
    expect(await faults(`{"a":${"[".repeat(10_000)}`, {})).toEqual([" malformed"]);
  });
});

describe("unknown parameters", () => {
  const text = '{"city":"Paris", "id":12345678901234567890 , "x":{"y":[1,2]}}';
  const schema = { properties: { city: {}, id: {} } };

  it("are refused, taken out, or left", async () => {
    expect(await faults(text, schema)).toEqual(["/x unknown-parameter"]);
    expect(await fitted(text, schema, { unknownParameters: "strip" })).toBe(
      '{"city":"Paris", "id":12345678901234567890}',
    );
    expect(await fitted(text, schema, { unknownParameters: "pass" })).toBe(text);
  });

  it("are taken out where the schema itself refuses them, and refused where they may not be taken out", async () => {
    const closed = { ...schema, additionalProperties: false };
    expect(await fitted(text, closed, { unknownParameters: "strip" })).toBe(
      '{"city":"Paris", "id":12345678901234567890}',
    );
    expect(await faults(text, closed, { unknownParameters: "pass" })).toEqual(["/x unknown-parameter"]);
  });

  it("are taken out deep inside, and what is left must fit", async () => {
    const deep = { properties: { list: { items: { properties: { a: { type: "integer" } } } } } };
    expect(await fitted('{"list":[{"b":1,"a":1},{"a":2}]}', deep, { unknownParameters: "strip" })).toBe(
      '{"list":[{"a":1},{"a":2}]}',
    );
    expect(await faults('{"list":[{"b":1,"a":"x"}]}', deep, { unknownParameters: "strip" })).toEqual([
      "/list/0/a wrong-type",
    ]);
  });
});

describe("nulls for optional parameters", () => {
  const text = '{"city":"Paris","days":null}';

  it("stand, are taken out, or are refused", async () => {
    expect(await fitted(text, weather)).toBe(text);
    expect(await fitted(text, weather, { nulls: "strip" })).toBe('{"city":"Paris"}');
    expect(await faults(text, weather, { nulls: "block" })).toEqual(["/days wrong-type"]);
  });

  it("are no excuse for a required one", async () => {
    expect(await faults('{"city":null}', weather)).toEqual(["/city wrong-type"]);
    expect(await faults('{"city":null}', weather, { nulls: "strip" })).toEqual(["/city wrong-type"]);
  });

  it("do not keep the rest from being checked", async () => {
    expect(await faults('{"city":5,"days":null}', weather)).toEqual(["/city wrong-type"]);
  });
});

describe("lossless coercion", () => {
  const lossless = { coerce: "lossless" } as const;

  it("changes only the characters of the value", async () => {
    const text = '{ "city":"Paris", "days" : "3" }';
    expect(await fitted(text, weather, lossless)).toBe('{ "city":"Paris", "days" : 3 }');
    expect(await faults(text, weather)).toEqual(["/days wrong-type"]);
  });

  it("goes together with what is taken out", async () => {
    const change = { ...lossless, unknownParameters: "strip", nulls: "strip" } as const;
    expect(await fitted('{"x":1,"city":7,"unit":null,"days":"3"}', weather, change)).toBe(
      '{"city":"7","days":3}',
    );
  });

  it("is not done where other faults remain, where names stand twice, or where nothing would be right", async () => {
    expect(await faults('{"days":"3"}', weather, lossless)).toEqual(["/city missing", "/days wrong-type"]);
    expect(await faults('{"city":"x","days":"3","days":"4"}', weather, lossless)).toContain(
      "/days duplicate-key",
    );
    const never = { properties: { a: { allOf: [{ type: "integer" }, { type: "string" }] } } };
    expect(await faults('{"a":"5"}', never, lossless)).toEqual(["/a wrong-type"]);
    expect(await faults('{"days":"3","city":"x","zzz":1}', weather, lossless)).toEqual([
      "/zzz unknown-parameter",
      "/days wrong-type",
    ]);
  });
});

describe("the check beside a plain Ajv", () => {
  const plain = { strict: false, validateSchema: false, validateFormats: false, logger: false } as const;
  const lenient: Partial<CheckRules> = { unknownParameters: "pass", nulls: "block" };

  it("passes exactly what Ajv passes in draft 2020-12, once unknown parameters and nulls are left to it", async () => {
    const check = checkWith(lenient);
    await fc.assert(
      fc.asyncProperty(anySchema, anyArguments, async (schema, value) => {
        const valid = new Ajv2020(plain).validate(schema, value);
        const outcome = await check.check(JSON.stringify(value), JSON.stringify(schema));
        const said = outcome.kind === "faulty" ? outcome.faults.length > 0 : null;
        expect(said).toBe(valid ? null : true);
      }),
      { numRuns: 150 },
    );
  });

  it("passes exactly what Ajv passes in draft-07, tuples and dependencies among them", async () => {
    const check = checkWith(lenient);
    const old = fc.record(
      {
        $schema: fc.constant("http://json-schema.org/draft-07/schema#"),
        properties: fc.dictionary(
          fc.constantFrom("a", "b"),
          fc.record(
            { items: fc.array(seventh, { minLength: 1, maxLength: 2 }), additionalItems: seventh },
            { requiredKeys: ["items"] },
          ),
        ),
        dependencies: fc.dictionary(fc.constantFrom("a", "b", "c"), fc.oneof(fc.constant(["b"]), seventh), {
          maxKeys: 2,
        }),
        definitions: fc.record({ one: seventh }),
        not: fc.constant({ $ref: "#/definitions/one" }),
      },
      { requiredKeys: ["$schema", "definitions"] },
    );
    await fc.assert(
      fc.asyncProperty(old, anyArguments, async (schema, value) => {
        const valid = new Ajv(plain).validate(schema, value);
        const outcome = await check.check(JSON.stringify(value), JSON.stringify(schema));
        expect(outcome.kind).toBe(valid ? "fits" : "faulty");
      }),
      { numRuns: 150 },
    );
  });
});

const seventh = fc.constantFrom<object[]>(
  { type: "string" },
  { type: "object", required: ["a"] },
  { minimum: 1 },
  { maxProperties: 1 },
  {},
);
