import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countCalls, lockCounter } from "../../../src/ledger/postgres/counting.ts";
import { claimAsk } from "./asking.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("how many equal calls an attempt made, in PostgreSQL", () => {
  let open: DatabaseUnderTest;
  beforeAll(async () => {
    open = await databaseUnderTest();
  });
  afterAll(() => open.close());

  it("is counted for each attempt by itself, and for all anonymous calls together", async () => {
    const { alone } = open.database;
    const [a, b] = [claimAsk({ attempt: "a" }), claimAsk({ attempt: "b" })];
    const anonymous = claimAsk({ run: null, attempt: "a" });
    for (const ask of [a, b, anonymous]) expect(await lockCounter(alone, ask)).toBe(0);
    await countCalls(alone, a, 2);
    await countCalls(alone, anonymous, 5);
    expect(await lockCounter(alone, a)).toBe(2);
    expect(await lockCounter(alone, b)).toBe(0);
    expect(await lockCounter(alone, claimAsk({ run: null, attempt: "b" }))).toBe(5);
  });

  it("lets the attempt's other calls wait until the one that asked is done", async () => {
    const ask = claimAsk({ key: "waits" });
    const others: Promise<number>[] = [];
    const seen: string[] = [];
    await open.database.transaction(async (queries) => {
      await lockCounter(queries, ask);
      const other = open.database.transaction(async (later) => {
        const used = await lockCounter(later, ask);
        seen.push("other");
        return used;
      });
      others.push(other);
      await countCalls(queries, ask, 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      seen.push("first");
    });
    expect(await Promise.all(others)).toEqual([1]);
    expect(seen).toEqual(["first", "other"]);
  });
});
