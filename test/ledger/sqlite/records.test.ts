import { afterEach, beforeEach, expect, it } from "vitest";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { oneRecord, recordById } from "../../../src/ledger/sqlite/records.ts";
import { whole } from "../../conformance/ledger/requests.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest();
});
afterEach(() => open.close());

it("reads every column of a claim into the contract's record", () => {
  const asked = claimAsk({ run: "r", stage: "s", attempt: "a", clientKey: "ck", leaseMs: 10 });
  claim(open.store, asked, 1000);
  open.store.connection.run(
    `update claims set state = 'done', finished_at_ms = 1005, delivered = 1, reason = 'why', key_epoch = 2,
       sent = 'b1', doubted = 1,
       answer = :answer, late_answer = :answer`,
    { answer: JSON.stringify(whole) },
  );
  expect(recordById(open.store.connection, asked.id)).toEqual({
    id: asked.id,
    tenant: "local",
    kind: "effect",
    key: "pay",
    occurrence: 1,
    run: "r",
    stage: "s",
    attempt: "a",
    fingerprint: "payload",
    clientKey: "ck",
    detail: { target: "bank", method: "POST" },
    state: "done",
    epoch: 1,
    keyEpoch: 2,
    keyAtMs: 1000,
    sent: "b1",
    doubted: true,
    owner: "gateway",
    nonce: asked.nonce,
    leaseUntilMs: 1010,
    createdAtMs: 1000,
    finishedAtMs: 1005,
    delivered: true,
    reason: "why",
    answer: whole,
    lateAnswer: whole,
  });
});

it("has null for what is not there", () => {
  expect(recordById(open.store.connection, "none")).toBeNull();
  expect(
    oneRecord(open.store.connection, "select * from claims where key = :key", { key: "none" }),
  ).toBeNull();
});
