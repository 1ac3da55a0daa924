import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claim } from "../../../src/ledger/postgres/claims.ts";
import { endAllOverdue, endOverdue, renew, withdraw } from "../../../src/ledger/postgres/leases.ts";
import { recordsById } from "../../../src/ledger/postgres/records.ts";
import { settle } from "../../../src/ledger/postgres/settling.ts";
import { claimAsk } from "./asking.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("a lease in PostgreSQL", () => {
  let open: DatabaseUnderTest;
  beforeAll(async () => {
    open = await databaseUnderTest();
  });
  afterAll(() => open.close());

  it("is not ended by who saw it run out, once it was renewed", async () => {
    const { record } = await claim(open.database, claimAsk({ key: "renewed", leaseMs: 50 }), false);
    await open.advance(60);
    expect(await renew(open.database.alone, record, 1000.4)).toBe(true);
    expect(await endOverdue(open.database.alone, record.id)).toBeNull();
    await open.advance(1000);
    expect(await endOverdue(open.database.alone, record.id)).toMatchObject({ state: "in-doubt" });
  });

  it("is passed over by a sweep while somebody else has the record in hand", async () => {
    const { record } = await claim(open.database, claimAsk({ key: "held", leaseMs: 50 }), false);
    await open.advance(60);
    await open.database.transaction(async (queries) => {
      await queries.one("select 1 from @claims where id = :id for update", { id: record.id });
      expect(await endAllOverdue(open.database.alone)).toEqual([]);
    });
    expect(await endAllOverdue(open.database.alone)).toMatchObject([{ id: record.id, state: "in-doubt" }]);
  });

  it("is taken back by its nonce alone, and only while it runs", async () => {
    const [ours, other] = await Promise.all(
      ["ours", "other"].map((key) => claim(open.database, claimAsk({ key }), false)),
    );
    const nonces = [ours?.record.nonce ?? "", "unknown"];
    expect(await withdraw(open.database.alone, nonces)).toMatchObject([
      { id: ours?.record.id, state: "not-sent" },
    ]);
    expect(await withdraw(open.database.alone, nonces)).toEqual([]);
    expect(await recordsById(open.database.alone, [other?.record.id ?? ""])).toMatchObject([
      { state: "intent" },
    ]);
  });

  it("is taken back as a doubt where it was to be sent again: the first time may have been executed", async () => {
    const first = await claim(open.database, claimAsk({ key: "again" }), false);
    const doubt = { fence: first.record, settlement: { state: "in-doubt" }, nonce: "doubt" } as const;
    await settle(open.database, doubt);
    const redispatch = { withinMs: null, sameBytes: false };
    const second = await claim(open.database, claimAsk({ key: "again", redispatch }), false);
    expect(second).toMatchObject({ kind: "won", record: { epoch: 2 } });
    expect(await withdraw(open.database.alone, [second.record.nonce])).toMatchObject([
      { id: first.record.id, state: "in-doubt", doubted: true, finishedAtMs: null },
    ]);
  });
});
