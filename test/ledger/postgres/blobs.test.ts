import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getAll, put, putAll } from "../../../src/ledger/postgres/blobs.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("blobs in PostgreSQL", () => {
  let open: DatabaseUnderTest;
  beforeAll(async () => {
    open = await databaseUnderTest();
  });
  afterAll(() => open.close());

  it("are stored once for each tenant, and are younger each time", async () => {
    const bytes = Buffer.from([0, 1, 254, 255]);
    const hash = await put(open.database.alone, "local", bytes);
    await open.advance(1000);
    expect(await put(open.database.alone, "local", bytes)).toBe(hash);
    await put(open.database.alone, "t", bytes);
    expect(await open.count("blobs")).toBe(2);
    expect(await open.count("blobs where at_ms = 1800000001000")).toBe(2);
    const [kept] = await getAll(open.database.alone, [{ tenant: "t", hash }]);
    expect(Buffer.from(kept ?? [])).toEqual(bytes);
  });

  it("are stored and read many at a time, in the order in which they were asked for", async () => {
    const named = (hash: string, ...bytes: readonly number[]) => ({
      tenant: "many",
      hash,
      bytes: Buffer.from(bytes),
    });
    const { alone } = open.database;
    expect(await putAll(alone, [named("b", 0, 255), named("a", 92, 120), named("b", 0, 255)])).toEqual([
      "b",
      "a",
      "b",
    ]);
    // What is there stays.
    await putAll(alone, [named("a", 7), named("c")]);
    const asked = ["c", "none", "a", "b", "a"].map((hash) => ({ tenant: "many", hash }));
    const told = await getAll(alone, [...asked, { tenant: "other", hash: "a" }]);
    expect(told.map((bytes) => bytes && [...bytes])).toEqual([
      [],
      null,
      [92, 120],
      [0, 255],
      [92, 120],
      null,
    ]);
  });

  it("may be stored by many at once", async () => {
    const bytes = Buffer.from("the same");
    const hashes = await Promise.all(Array.from({ length: 10 }, () => put(open.database.alone, "m", bytes)));
    expect(new Set(hashes).size).toBe(1);
    expect(await open.count("blobs where tenant = 'm'")).toBe(1);
  });
});
