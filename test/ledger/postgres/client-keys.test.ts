import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claim } from "../../../src/ledger/postgres/claims.ts";
import { pointClientKey, reserveClientKey } from "../../../src/ledger/postgres/client-keys.ts";
import { claimAsk } from "./asking.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("a client's key in PostgreSQL", () => {
  let open: DatabaseUnderTest;
  beforeAll(async () => {
    open = await databaseUnderTest();
  });
  afterAll(() => open.close());

  it("may be longer than an index takes, and is compared whole", async () => {
    const clientKey = "k".repeat(100_000);
    const { record } = await claim(open.database, claimAsk({ clientKey }), false);
    expect(await claim(open.database, claimAsk({ clientKey }), false)).toMatchObject({
      kind: "met",
      record: { id: record.id, clientKey },
    });
    expect((await claim(open.database, claimAsk({ clientKey: `${clientKey}k` }), false)).kind).toBe("won");
  });

  it("is reserved by the first, and points where its claim ended", async () => {
    const { record } = await claim(open.database, claimAsk({ key: "there" }), false);
    const ask = claimAsk({ clientKey: "later", key: "there" });
    await open.database.transaction(async (queries) => {
      expect(await reserveClientKey(queries, ask)).toBeNull();
      await pointClientKey(queries, ask, record.id);
    });
    expect(await reserveClientKey(open.database.alone, ask)).toMatchObject({
      found: { record: { id: record.id } },
      fingerprint: ask.fingerprint,
    });
    expect(await reserveClientKey(open.database.alone, claimAsk())).toBeNull();
  });

  it("names nothing where the claim that reserved it was not committed", async () => {
    const ask = claimAsk({ clientKey: "undone" });
    const undone = open.database.transaction(async (queries) => {
      await reserveClientKey(queries, ask);
      throw new RangeError("not today");
    });
    await expect(undone).rejects.toThrow("not today");
    expect(await open.count("client_keys where fingerprint = 'undone'")).toBe(0);
    expect((await claim(open.database, ask, false)).kind).toBe("won");
  });
});
