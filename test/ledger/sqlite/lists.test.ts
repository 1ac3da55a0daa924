import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { rowsMax } from "../../../src/ledger/bounds.ts";
import { listClaims, listRuns } from "../../../src/ledger/sqlite/lists.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest();
});
afterEach(() => open.close());

it("gives no more rows than its bound, whatever is asked for", () => {
  open.store.connection.exec(
    `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n <= ${rowsMax})
     insert into claims (id, tenant, kind, key, occurrence, state, epoch, nonce, owner, lease_until_ms,
       created_at_ms, run, fingerprint, detail)
     select n, 'local', 'effect', 'k', n, 'intent', 1, 'x', 'o', 0, n, 'run ' || n, 'f', '{}' from numbers`,
  );
  expect(open.store.connection.number("select count(*) from claims")).toBe(rowsMax + 1);
  expect(listRuns(open.store, { limit: Infinity })).toHaveLength(rowsMax);
  expect(listClaims(open.store, { limit: 1e9 })).toHaveLength(rowsMax);
  expect(listClaims(open.store, { limit: 2.9 }).map((each) => each.id)).toEqual(["10001", "10000"]);
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

it("finds the claims of a run by their index, however many others there are", () => {
  const filter = { tenant: "local", run: "r", notAskedBy: { attempt: "second" }, limit: 10 };
  const plan = plansOf(() => listClaims(open.store, filter)).join("\n");
  expect(plan).toContain("SEARCH claims USING INDEX claims_run (tenant=? AND run=?)");
  expect(plan).not.toContain("SCAN claims");
});

/** How SQLite goes about what is asked meanwhile. */
function plansOf(asking: () => void): readonly string[] {
  const { connection } = open.store;
  const all = connection.all.bind(connection);
  const plans: string[] = [];
  const spied = vi.spyOn(connection, "all").mockImplementation((sql, values) => {
    for (const row of all(`explain query plan ${sql}`, values)) plans.push(row["detail"] as string);
    return all(sql, values);
  });
  asking();
  spied.mockRestore();
  return plans;
}
