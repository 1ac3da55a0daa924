import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claim } from "../../../src/ledger/postgres/claims.ts";
import { recordsById } from "../../../src/ledger/postgres/records.ts";
import { markDelivered, settle } from "../../../src/ledger/postgres/settling.ts";
import { whole } from "../../conformance/ledger/requests.ts";
import { claimAsk } from "./asking.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("a settlement in PostgreSQL", () => {
  let open: DatabaseUnderTest;
  beforeAll(async () => {
    open = await databaseUnderTest();
  });
  afterAll(() => open.close());

  it("is known again by its nonce, where the state is not the one that it asked for", async () => {
    const { record: fence } = await claim(open.database, claimAsk({ key: "late" }), false);
    await settle(open.database, { fence, settlement: { state: "in-doubt" }, nonce: "doubt" });
    const late = { fence, settlement: { state: "declined", answer: whole } as const, nonce: "late" };
    const first = await settle(open.database, late);
    expect(first).toMatchObject({ applied: true, record: { state: "resolved-not-done" } });
    expect(await settle(open.database, late)).toEqual(first);
    // Another one that says the same comes too late.
    expect(await settle(open.database, { ...late, nonce: "other" })).toMatchObject({ applied: false });
  });

  it("moves only one of two that come together", async () => {
    const { record: fence } = await claim(open.database, claimAsk({ key: "two" }), false);
    const settled = await Promise.all(
      (["done", "declined"] as const).map((state) =>
        settle(open.database, { fence, settlement: { state }, nonce: state }),
      ),
    );
    expect(settled.filter(({ applied }) => applied)).toHaveLength(1);
  });

  it("marks many as delivered at once, but none that runs", async () => {
    const claims = await Promise.all(
      [1, 2, 3].map((each) => claim(open.database, claimAsk({ key: `mark ${each}` }), false)),
    );
    const [one, two, three] = claims.map(({ record }) => record);
    for (const fence of [one, two]) {
      if (fence) await settle(open.database, { fence, settlement: { state: "done" }, nonce: fence.id });
    }
    await markDelivered(open.database.alone, [one?.id ?? "", three?.id ?? "", "none"]);
    const delivered = await Promise.all(
      claims.map(async ({ record }) => (await recordsById(open.database.alone, [record.id]))[0]?.delivered),
    );
    expect(delivered).toEqual([true, false, false]);
  });
});
