import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { settle } from "../../../src/ledger/sqlite/settling.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

describe("a claim in SQLite", () => {
  let open: OpenStore;
  beforeEach(() => {
    open = storeUnderTest();
  });
  afterEach(() => open.close());

  it("is won with the id and nonce it came with, and its lease counts from the asking", () => {
    const asked = claimAsk({ leaseMs: 500 });
    expect(claim(open.store, asked, 2000)).toMatchObject({
      kind: "won",
      record: { id: asked.id, nonce: asked.nonce, createdAtMs: 2000, leaseUntilMs: 2500 },
    });
  });

  it.each<[boolean, string, Parameters<typeof claimAsk>[0]]>([
    [true, "of another run", { run: "other" }],
    [true, "of another tenant", { tenant: "other" }],
    [false, "of its run, whichever attempt", { attempt: "b" }],
    [false, "of its run, whichever kind", { kind: "effect" }],
  ])("says %s that a turn is the first of its run, where the one before is %s", (isFirst, _whose, before) => {
    claim(open.store, claimAsk({ kind: "turn", key: "before", ...before }), 1000);
    const claimed = claim(open.store, claimAsk({ kind: "turn" }), 1000);
    expect("isFirstOfRun" in claimed).toBe(isFirst);
  });

  it("says nothing of the first of a run where that is no turn, has no run, or was there before", () => {
    const asked = claimAsk({
      kind: "turn",
      reuse: { running: true, undelivered: true, deliveredWithinMs: 0 },
    });
    expect(claim(open.store, asked, 1000)).toHaveProperty("isFirstOfRun", true);
    for (const ask of [asked, claimAsk({ run: "q" }), claimAsk({ kind: "turn", run: null })]) {
      expect(claim(open.store, ask, 1000)).not.toHaveProperty("isFirstOfRun");
    }
  });

  it("keeps its id over epochs, and takes the new nonce", () => {
    const first = claim(open.store, claimAsk(), 1000).record;
    settle(open.store, first, { state: "not-sent" }, 1100);
    const again = claimAsk({ detail: { who: "second" } });
    expect(claim(open.store, again, 1200).record).toMatchObject({
      id: first.id,
      nonce: again.nonce,
      createdAtMs: 1000,
      detail: { who: "second" },
    });
  });

  it("does not look through all equal calls to find the open ones", () => {
    const plan = open.store.connection.all(
      `explain query plan select * from claims
       where tenant = 't' and kind = 'effect' and key = 'k' and occurrence <= 9
         and state not in ('intent', 'done', 'resolved-done')
         and state in (select value from json_each('[]'))
       order by occurrence limit 1`,
    );
    expect(plan.map((row) => row["detail"]).join("\n")).toContain("claims_open");
  });

  it("stays fast where one anonymous call is made many thousand times", () => {
    const asks = Array.from({ length: 3000 }, () => claimAsk({ run: null }));
    open.store.connection.exec("BEGIN");
    for (const each of asks)
      settle(open.store, claim(open.store, each, 1000).record, { state: "done" }, 1000);
    open.store.connection.exec("COMMIT");
    expect(claim(open.store, claimAsk({ run: null }), 1000).record.occurrence).toBe(3001);
  });

  it("makes nothing where the record cannot be written", () => {
    const taken = claim(open.store, claimAsk(), 1000).record;
    expect(() => claim(open.store, { ...claimAsk({ key: "other" }), id: taken.id }, 1000)).toThrow(/UNIQUE/);
    expect(open.store.connection.number("select count(*) from counters where key = 'other'")).toBe(0);
  });
});
