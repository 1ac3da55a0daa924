import { afterEach, beforeEach, expect, it } from "vitest";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import { endAllOverdue, endOrphans, endOverdue, renew } from "../../../src/ledger/sqlite/leases.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import type { ClaimRecord, ClaimRequest } from "../../../src/ledger/ledger.ts";
import { settle } from "../../../src/ledger/sqlite/settling.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest();
});
afterEach(() => open.close());

/** Claimed at 1000 with a lease until 1500. */
function claimed(change: Partial<ClaimRequest> = {}): ClaimRecord {
  return claim(open.store, claimAsk({ leaseMs: 500, ...change }), 1000).record;
}

it("ends a lease at the very ms that it ran out, not before", () => {
  const record = claimed();
  expect(endOverdue(open.store, record, 1499)).toEqual(record);
  expect(endOverdue(open.store, record, 1500)).toMatchObject({
    state: "in-doubt",
    finishedAtMs: null,
    reason: "Its lease ran out before its outcome was recorded.",
  });
});

it("lengthens a lease from the time of asking", () => {
  const record = claimed();
  const other = { ...record, nonce: "another one" };
  const renewals = [other, record].map((fence) => ({ fence, leaseMs: 500 }));
  expect(renew(open.store, renewals, 1400)).toEqual([null, 1900]);
  expect(endAllOverdue(open.store, 1899)).toEqual([]);
  expect(endAllOverdue(open.store, 1900)).toMatchObject([{ id: record.id }]);
  expect(renew(open.store, renewals, 1900)).toEqual([null, null]);
});

it("makes doubt of effects and frees the rest, and tells which", () => {
  const ids = [claimed({ key: "a" }).id, claimed({ key: "b", kind: "lock" }).id];
  expect(endAllOverdue(open.store, 2000)).toMatchObject([
    { id: ids[0], state: "in-doubt", finishedAtMs: null },
    { id: ids[1], state: "not-sent", finishedAtMs: 2000 },
  ]);
});

it("takes every running claim for an orphan, and none that has ended", () => {
  const ended = claimed({ key: "ended" });
  settle(open.store, ended, { state: "done" }, 1100);
  const running = claimed({ key: "running", leaseMs: 1_000_000 });
  expect(endOrphans(open.store, 1200)).toMatchObject([
    { id: running.id, state: "in-doubt", reason: "The gateway stopped while it was running." },
  ]);
});
