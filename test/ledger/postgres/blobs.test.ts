import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get, put } from "../../../src/ledger/postgres/blobs.ts";
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
    expect(Buffer.from((await get(open.database.alone, "t", hash)) ?? [])).toEqual(bytes);
  });

  it("may be stored by many at once", async () => {
    const bytes = Buffer.from("the same");
    const hashes = await Promise.all(Array.from({ length: 10 }, () => put(open.database.alone, "m", bytes)));
    expect(new Set(hashes).size).toBe(1);
    expect(await open.count("blobs where tenant = 'm'")).toBe(1);
  });
});
