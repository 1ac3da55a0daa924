import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ArgumentCheck, type Checked } from "../../src/validators/argument-check.ts";
import { OverLimit } from "../../src/validators/schema.ts";

/** A chain of references at every level of a deep value: a walk over both is as deep as their product. */
function chained(keyword: string, length: number): object {
  const $defs: Record<string, object> = { [length]: { properties: { a: { $ref: "#/$defs/0" } } } };
  for (let link = 0; link < length; link += 1) {
    const ref = { $ref: `#/$defs/${link + 1}` };
    $defs[link] = { [keyword]: keyword === "not" ? ref : [ref] };
  }
  return { $defs, $ref: "#/$defs/0" };
}

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
}

/** Schemas of strangers that stall or kill a process that compiles them as they are. */
const limits = {
  unknownParameters: "block",
  nulls: "allow",
  coerce: "off",
  faultsMax: 20,
  argumentsBytesMax: 1_048_576,
  formats: new Set<string>(),
  schemaBytesMax: 524_288,
  schemaVisitsMax: 50_000,
  schemaTimeoutMs: 500,
  schemaHeapMegabytesMax: 64,
  schemaCacheBytesMax: 67_108_864,
} as const;

let check: ArgumentCheck;

beforeAll(() => {
  check = new ArgumentCheck(limits);
});
afterAll(async () => {
  await check.close();
});

/** What came of it, in one word: nothing but these may. */
async function outcome(schema: string | object, value: string | object): Promise<string> {
  const schemaText = typeof schema === "string" ? schema : JSON.stringify(schema);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  try {
    const checked: Checked = await check.check(text, schemaText);
    return checked.notes.some((note) => note.startsWith("The schema cannot be used"))
      ? "broken"
      : checked.kind;
  } catch (thrown) {
    if (thrown instanceof OverLimit) return "over a limit";
    throw thrown;
  }
}

function doubling(levels: number, keyword: string): object {
  const $defs: Record<string, object> = { n0: { type: "string" } };
  for (let level = 1; level <= levels; level += 1) {
    const ref = { $ref: `#/$defs/n${level - 1}` };
    $defs[`n${level}`] = { [keyword]: [ref, ref] };
  }
  return { type: "object", $defs, properties: { a: { $ref: `#/$defs/n${levels}` } } };
}

const large = {
  type: "object",
  properties: {
    a: {
      anyOf: Array.from({ length: 2_700 }, (_, place) => ({
        type: "object",
        properties: { [`k${place}`]: { type: "string", const: `v${place}` } },
        required: [`k${place}`],
      })),
    },
  },
};
const elements = (count: number, make: (place: number) => unknown) => ({
  a: Array.from({ length: count }, (_, place) => make(place)),
});

describe("a hostile schema leads to an outcome, in bounded time and memory", () => {
  it.each([
    ["references doubled 24 times", doubling(24, "allOf"), { a: "x" }, ["fits", "over a limit"]],
    [
      "references doubled 24 times, an error at each",
      doubling(24, "anyOf"),
      { a: 1 },
      ["faulty", "over a limit"],
    ],
    [
      "references doubled 24 times, all to be counted",
      doubling(24, "oneOf"),
      { a: "x" },
      ["faulty", "over a limit"],
    ],
    ["references doubled 200 times", doubling(200, "allOf"), { a: "x" }, ["over a limit"]],
    ["245 KB of anyOf", large, { a: {} }, ["faulty", "over a limit"]],
    [
      "uniqueItems on 100 KB of objects",
      { properties: { a: { uniqueItems: true } } },
      elements(10_000, (place) => ({ place })),
      ["fits", "over a limit"],
    ],
    [
      "uniqueItems on 100 KB of nested lists",
      { properties: { a: { items: { uniqueItems: true }, uniqueItems: true } } },
      elements(5_000, (place) => [[place], [place + 1]]),
      ["fits", "over a limit"],
    ],
    [
      "a pattern that backtracks",
      { properties: { a: { pattern: "^(a+)+$" } } },
      { a: `${"a".repeat(100_000)}!` },
      ["faulty", "over a limit"],
    ],
    [
      "names with a pattern that backtracks",
      { patternProperties: { "^(a|a)*$": { type: "null" } } },
      { [`${"a".repeat(100_000)}!`]: 1 },
      ["fits", "over a limit"],
    ],
    [
      "a large pattern on a long text",
      { properties: { a: { pattern: "^(?:a?){900}(?:a?){900}b$" } } },
      { a: "a".repeat(200_000) },
      ["faulty", "over a limit"],
    ],
    [
      "1,000 large patterns",
      {
        properties: {
          a: {
            allOf: Array.from({ length: 1_000 }, (_, place) => ({ pattern: `(?:[a-z]{9}){99}${place}` })),
          },
        },
      },
      { a: "x" },
      ["faulty", "over a limit"],
    ],
    ["100,000 levels", `${'{"items":'.repeat(100_000)}{}${"}".repeat(100_000)}`, {}, ["over a limit"]],
    ["100,000 levels of lists", "[".repeat(100_000), {}, ["over a limit"]],
    ["10 MB", { description: "x".repeat(10_000_000) }, {}, ["over a limit"]],
    [
      "a circle",
      { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } },
      {},
      ["broken"],
    ],
    ["a circle with a way out", { anyOf: [{ type: "string" }, { $ref: "#" }] }, {}, ["broken"]],
    ["the id of another tenant's schema", { $ref: "https://tenant.example/private" }, {}, ["broken"]],
    [
      "choices without end",
      { properties: { a: { enum: Array.from({ length: 50_000 }, (_, place) => place) } } },
      { a: "x" },
      ["faulty", "over a limit"],
    ],
    [
      "20,000 required names",
      { required: Array.from({ length: 20_000 }, (_, place) => `p${place}`) },
      {},
      ["faulty"],
    ],
    [
      "100,000 forms",
      `{"anyOf":[${Array.from({ length: 100_000 }, () => "{}").join()}]}`,
      {},
      ["over a limit"],
    ],
  ])("%s", async (_, schema, value, outcomes) => {
    expect(outcomes).toContain(await outcome(schema, value));
    // The process lives, and so does the check.
    expect(await outcome({ properties: { a: { type: "string" } } }, { a: "x" })).toBe("fits");
  });

  it.each(["allOf", "anyOf", "oneOf", "not"])("never overflows the stack: %s", async (keyword) => {
    for (const length of [1, 2, 4, 10, 40, 200, 400]) {
      const came = await outcome(chained(keyword, length), nested(100));
      expect(["fits", "faulty", "over a limit"]).toContain(came);
    }
  });

  it("does not become a schema that another tenant can refer to", async () => {
    const id = "https://tenant.example/private";
    expect(await outcome({ $id: id, properties: { secret: { const: "s" } } }, { secret: "s" })).toBe("fits");
    expect(await outcome({ $id: id, properties: { other: {} } }, { other: 1 })).toBe("fits");
    expect(await outcome({ properties: { a: { $ref: id } } }, { a: { secret: "guess" } })).toBe("broken");
  });

  it("costs a schema at fault one thread at a time, while ordinary ones are checked beside it", async () => {
    const slow = outcome(doubling(100, "allOf"), { a: "x" });
    const others = await Promise.all(
      Array.from({ length: 20 }, async () => outcome({ properties: { a: { type: "string" } } }, { a: 1 })),
    );
    expect(new Set(others)).toEqual(new Set(["faulty"]));
    expect(await slow).toBe("over a limit");
  });
});
