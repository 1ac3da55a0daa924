import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Generation } from "../../../src/ledger/postgres/generation.ts";
import { health } from "../../../src/ledger/postgres/health.ts";
import { asSuperuser } from "./server.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("the health of the PostgreSQL ledger", () => {
  let open: DatabaseUnderTest;
  let generation: Generation;
  beforeAll(async () => {
    open = await databaseUnderTest();
    generation = await Generation.open(open.database, null, () => {});
  });
  afterAll(() => open.close());

  it("says where the ledger is and how large, without user and password", async () => {
    const found = await health(open.database, generation);
    expect(found).toMatchObject({ ok: true, sizeBytes: expect.any(Number) });
    expect(found.detail).toBe(
      `The ledger ${open.limits.schema} at 127.0.0.1:${open.server}/postgres holds ` +
        `${(found.sizeBytes / 1024 ** 2).toFixed(1)} MiB.`,
    );
    expect(found.sizeBytes).toBeGreaterThan(100_000);
  });

  it("writes, so that it fails where nothing can be written, and not at every question", async () => {
    const probed = (): Promise<number> => open.count("ledger where probed_at_ms = 1800000005000");
    await open.advance(5000);
    await health(open.database, generation);
    expect(await probed()).toBe(1);
    await open.advance(500);
    await health(open.database, generation);
    expect(await probed()).toBe(1);
    await open.advance(5000);
    const { schema } = open.limits;
    await asSuperuser(
      open.server,
      `create function ${schema}.full() returns trigger language plpgsql
         as $$ begin raise exception 'no space left' using errcode = '53100'; end $$`,
      `create trigger full_disk before update on ${schema}.ledger execute function ${schema}.full()`,
    );
    await expect(health(open.database, generation)).rejects.toMatchObject({ code: "53100" });
  });
});
