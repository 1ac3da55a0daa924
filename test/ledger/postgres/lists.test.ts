import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsMax } from "../../../src/ledger/bounds.ts";
import { claim } from "../../../src/ledger/postgres/claims.ts";
import { listClaims, listRuns } from "../../../src/ledger/postgres/lists.ts";
import { claimAsk } from "./asking.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("lists of the PostgreSQL ledger", () => {
  let open: DatabaseUnderTest;
  beforeAll(async () => {
    open = await databaseUnderTest();
    for (const run of ["r1", "r2"]) await claim(open.database, claimAsk({ run, key: run }), false);
  });
  afterAll(() => open.close());

  it.each([
    [-1, 0],
    [0, 0],
    [1.9, 1],
    [rowsMax * 2, 2],
  ])("take %s as a limit and give %s rows", async (limit, rows) => {
    expect(await listClaims(open.database.alone, { limit })).toHaveLength(rows);
    expect(await listRuns(open.database.alone, { limit })).toHaveLength(rows);
  });

  it("order runs of the same age by their bytes, whatever the database's order is", async () => {
    for (const run of ["a", "B", "ä"]) await claim(open.database, claimAsk({ run, key: run }), false);
    const runs = (await listRuns(open.database.alone, { limit: 10 })).map(({ run }) => run);
    expect(runs).toEqual(["B", "a", "r1", "r2", "ä"]);
  });
});
