import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claim } from "../../../src/ledger/postgres/claims.ts";
import { findRecord, recordsById, writtenRecord } from "../../../src/ledger/postgres/records.ts";
import { claimAsk } from "./asking.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("a record of the PostgreSQL ledger", () => {
  let open: DatabaseUnderTest;
  beforeAll(async () => {
    open = await databaseUnderTest();
  });
  afterAll(() => open.close());

  it("is read as it was written, and is null where there is none", async () => {
    const { record } = await claim(open.database, claimAsk({ stage: "s", detail: { name: "ü😀" } }), false);
    expect(await recordsById(open.database.alone, [record.id, "none", record.id])).toEqual([
      record,
      null,
      record,
    ]);
    expect(record).toMatchObject({ stage: "s", detail: { name: "ü😀" }, finishedAtMs: null, answer: null });
    const nothing = "update @claims set reason = '' where id = :id returning *";
    expect(await writtenRecord(open.database.alone, nothing, { id: "none" })).toBeNull();
  });

  it("is overdue by the database's clock, while it runs", async () => {
    const { record } = await claim(open.database, claimAsk({ key: "dying", leaseMs: 50 }), false);
    const isOverdue = async (): Promise<boolean | undefined> =>
      (await findRecord(open.database.alone, "id = :id", { id: record.id }))?.isOverdue;
    expect(await isOverdue()).toBe(false);
    await open.advance(50);
    expect(await isOverdue()).toBe(true);
    await open.database.alone.run("update @claims set state = 'done' where id = :id", { id: record.id });
    expect(await isOverdue()).toBe(false);
  });
});
