import { afterEach, beforeEach, expect, it } from "vitest";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import { factsOf } from "../../../src/ledger/sqlite/facts.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { recordById } from "../../../src/ledger/sqlite/records.ts";
import { markDelivered, settle } from "../../../src/ledger/sqlite/settling.ts";
import { resolutionSubject } from "../../../src/ledger/transitions.ts";
import { whole } from "../../conformance/ledger/requests.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest();
});
afterEach(() => open.close());

it("stamps the end, and says that an outcome came late where nobody gave a reason", () => {
  const { record } = claim(open.store, claimAsk(), 1000);
  settle(open.store, record, { state: "in-doubt", reason: "cut" }, 2000);
  const late = settle(open.store, record, { state: "done", answer: whole }, 3000);
  expect(late.record).toMatchObject({ finishedAtMs: 3000, reason: "The outcome arrived late." });
  const [audited] = factsOf(open.store, "local", resolutionSubject(record.id), "resolution");
  expect(audited).toMatchObject({
    atMs: 3000,
    value: { before: { reason: "cut" }, after: { state: "done" } },
  });
});

it("audits nothing where no doubt ended", () => {
  const { record } = claim(open.store, claimAsk(), 1000);
  settle(open.store, record, { state: "done", answer: whole }, 2000);
  expect(open.store.connection.number("select count(*) from facts")).toBe(0);
});

it("does not take the same settlement with another answer for a repetition", () => {
  const { record } = claim(open.store, claimAsk(), 1000);
  settle(open.store, record, { state: "declined", answer: whole }, 2000);
  const other = { ...whole, status: 404 };
  expect(settle(open.store, record, { state: "declined", answer: other }, 3000)).toMatchObject({
    applied: false,
    record: { answer: whole, lateAnswer: other, finishedAtMs: 2000 },
  });
});

it("marks many answers as delivered at once, and forgets it when the doubt about one ends", () => {
  const records = ["a", "b", "c"].map((key) => claim(open.store, claimAsk({ key }), 1000).record);
  const [first, second, third] = records as [(typeof records)[0], (typeof records)[0], (typeof records)[0]];
  settle(open.store, first, { state: "done" }, 2000);
  settle(open.store, second, { state: "in-doubt" }, 2000);
  markDelivered(open.store, [first.id, second.id, third.id, "none"]);
  const delivered = (id: string): boolean | undefined => recordById(open.store.connection, id)?.delivered;
  expect(records.map((record) => delivered(record.id))).toEqual([true, true, false]);
  settle(open.store, second, { state: "resolved-done", answer: whole }, 3000);
  expect(delivered(second.id)).toBe(false);
});
