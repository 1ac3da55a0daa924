import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClaimRequest } from "../../../src/ledger/ledger.ts";
import { Connection } from "../../../src/ledger/sqlite/connection.ts";
import { effect } from "../../conformance/ledger/requests.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "./under-test.ts";

// What calls are met is the conformance suite's; here is what is written down for it.
describe("how many equal calls an attempt made", () => {
  let store: SqliteUnderTest;
  beforeEach(async () => {
    store = await sqliteUnderTest();
  });
  afterEach(() => store.close());

  const call = (more: Partial<ClaimRequest>) => store.ledger.claim(effect({ key: "k", run: "r", ...more }));

  function written(): readonly unknown[] {
    const connection = new Connection(store.file);
    try {
      return connection.all("select attempt, used from counters order by attempt");
    } finally {
      connection.close();
    }
  }

  it("is not written down for the one that has the first record", async () => {
    await call({ attempt: "a" });
    expect(written()).toEqual([]);
    await call({ attempt: "a" });
    expect(written()).toEqual([{ attempt: "=a", used: 2 }]);
  });

  it("is written down for one that meets what another made", async () => {
    await call({ attempt: "a" });
    await call({ attempt: "b" });
    expect(written()).toEqual([{ attempt: "=b", used: 1 }]);
  });

  it("is written down for both where one takes over the first record of another", async () => {
    const { record } = await call({ attempt: "a" });
    await store.ledger.settle(record, { state: "declined" });
    expect(await call({ attempt: "b", occurrence: 1 })).toMatchObject({ kind: "won", record: { epoch: 2 } });
    expect(written()).toEqual([
      { attempt: "=a", used: 1 },
      { attempt: "=b", used: 0 },
    ]);
  });

  it("is none for one that names the place itself", async () => {
    await call({ attempt: "a", occurrence: 1 });
    expect(written()).toEqual([{ attempt: "=a", used: 0 }]);
  });
});
