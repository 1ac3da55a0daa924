import { afterEach, beforeEach, expect, it } from "vitest";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import { listClaims, listRuns, rowsMax } from "../../../src/ledger/sqlite/lists.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest();
});
afterEach(() => open.close());

it("gives no more rows than its bound, whatever is asked for", () => {
  open.store.connection.exec("BEGIN");
  for (let index = 0; index <= rowsMax; index += 1) claim(open.store, claimAsk({ run: `r${index}` }), 1000);
  open.store.connection.exec("COMMIT");
  expect(listRuns(open.store, { limit: Infinity })).toHaveLength(1);
  expect(listClaims(open.store, { limit: 1e9 }).length).toBeLessThanOrEqual(rowsMax);
  expect(listClaims(open.store, { limit: -1 })).toEqual([]);
});

it("lists runs from an index alone, without reading the records", () => {
  const plan = open.store.connection.all(
    `explain query plan select tenant, run, count(*), sum(state = 'in-doubt'), min(created_at_ms),
       max(coalesce(finished_at_ms, created_at_ms))
     from claims where run is not null group by tenant, run`,
  );
  expect(plan.map((row) => row["detail"]).join("\n")).toContain("COVERING INDEX claims_run");
});
