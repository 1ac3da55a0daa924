import { afterEach, describe, expect, it } from "vitest";
import { readJson } from "../../src/validators/json-tree.ts";
import { SchemaShelf, type ShelfLimits } from "../../src/validators/schema-shelf.ts";
import { OverLimit } from "../../src/validators/schema.ts";

const limits: ShelfLimits = {
  formats: new Set(),
  schemaBytesMax: 500_000,
  schemaVisitsMax: 50_000,
  schemaTimeoutMs: 20_000,
  schemaHeapMegabytesMax: 128,
  schemaCacheBytesMax: 1_000_000,
};
const opened: SchemaShelf[] = [];

function shelf(change: Partial<ShelfLimits> = {}): SchemaShelf {
  const made = new SchemaShelf({ ...limits, ...change });
  opened.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (one) => one.close()));
});

async function check(on: SchemaShelf, schema: object, value: unknown) {
  const shelved = on.take(JSON.stringify(schema));
  if (shelved.tree === undefined) throw new Error(shelved.broken);
  return on.check(shelved, shelved.tree, readJson(JSON.stringify(value), { depthMax: 128 }));
}

/** `count` schemas in one. */
const many = (count: number) => ({
  properties: Object.fromEntries(
    Array.from({ length: count }, (_, place) => [`p${place}`, { type: "string" }]),
  ),
});

describe("the shelf of schemas", () => {
  it("reads a schema once, and compiles it when it is first needed", async () => {
    const on = shelf();
    const text = JSON.stringify({ type: "string" });
    const shelved = on.take(text);
    expect(shelved.check).toBeUndefined();
    expect(await check(on, { type: "string" }, 1)).toMatchObject({ keyword: "type" });
    expect(on.take(text)).toBe(shelved);
    expect(shelved.check).toBeDefined();
  });

  it("has a schema at hand only once it was compiled", async () => {
    const on = shelf();
    const text = JSON.stringify({ type: "string" });
    expect(on.compiled(text)).toBeUndefined();
    const shelved = on.take(text);
    expect(on.compiled(text)).toBeUndefined();
    await check(on, { type: "string" }, "x");
    expect(on.compiled(text)).toBe(shelved);
    shelved.broken = "it was found to be so";
    expect(on.compiled(text)).toBeUndefined();
  });

  it("remembers a broken schema as such", () => {
    const on = shelf();
    expect(on.take("{").broken).toContain("not JSON");
    expect(on.take("{")).toBe(on.take("{"));
  });

  it("forgets schemas when others need the room", () => {
    const on = shelf();
    const first = on.take(JSON.stringify(many(50)));
    for (let place = 51; place < 100; place += 1) on.take(JSON.stringify(many(place)));
    expect(on.take(JSON.stringify(many(50)))).not.toBe(first);
  });

  it("looks once at a schema that is over a limit", () => {
    const on = shelf();
    const text = `{"anyOf":[${Array.from({ length: 100_000 }, () => "{}").join()}]}`;
    const failures = [1, 2].map(() => {
      try {
        return on.take(text);
      } catch (thrown) {
        return thrown;
      }
    });
    expect(failures).toEqual([expect.any(OverLimit), expect.any(OverLimit)]);
    expect(String(failures[1])).toBe(String(failures[0]));
    // Had it been read again, reading would be where it failed.
    expect((failures[1] as OverLimit).stack).not.toContain("read-schema");
  });

  it("takes no schema over its limit", () => {
    expect(() => shelf().take(`{"description":"${"x".repeat(500_000)}"}`)).toThrow(OverLimit);
  });

  it("compiles large schemas in a confined thread, with the same answers", async () => {
    const on = shelf();
    expect(await check(on, many(1_000), { p7: "x" })).toBeNull();
    expect(await check(on, many(1_000), { p7: 1 })).toMatchObject({ pointer: "/p7", keyword: "type" });
    expect(on.take(JSON.stringify(many(1_000))).check).toBeUndefined();
  });

  it("does not try again what could not be compiled in time", async () => {
    const on = shelf({ schemaTimeoutMs: 1, schemaCacheBytesMax: 64_000_000 });
    await expect(check(on, many(5_000), {})).rejects.toThrow("took more than 1 ms");
    expect(on.take(JSON.stringify(many(5_000))).exhausted).toContain("took more than 1 ms");
  });

  it("does not give up a schema for one caller's arguments", async () => {
    const node = { properties: { a: { $ref: "#" } } };
    const branching = { type: "object", anyOf: [node, node, node, node] };
    // Nothing fits at the bottom, so that every form is tried at every level: 4^60.
    let hostile: object = { a: 1 };
    for (let level = 0; level < 60; level += 1) hostile = { a: hostile };
    const on = shelf({ schemaTimeoutMs: 300 });
    await expect(check(on, branching, hostile)).rejects.toThrow("took more than 300 ms");
    expect(await check(on, branching, { a: { a: {} } })).toBeNull();
    expect(on.take(JSON.stringify(branching)).exhausted).toBeUndefined();
  });
});
