import { afterEach, beforeEach, expect, it } from "vitest";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import { recordOfClientKey, rememberClientKey } from "../../../src/ledger/sqlite/client-keys.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest();
});
afterEach(() => open.close());

it("remembers the first record that a client key named, with the payload of that call", () => {
  const one = claim(open.store, claimAsk({ key: "one" }), 1000).record;
  const two = claim(open.store, claimAsk({ key: "two" }), 1000).record;
  const named = claimAsk({ clientKey: "ck", fingerprint: "f" });
  rememberClientKey(open.store, named, one.id);
  rememberClientKey(open.store, { ...named, fingerprint: "g" }, two.id);
  expect(recordOfClientKey(open.store, named)).toEqual({ record: one, fingerprint: "f" });
});

it("knows nothing of calls without a key, or of keys in another scope", () => {
  const ask = claimAsk({ clientKey: "ck", clientKeyScope: "bank" });
  claim(open.store, ask, 1000);
  expect(recordOfClientKey(open.store, { ...ask, clientKey: null })).toBeNull();
  expect(recordOfClientKey(open.store, { ...ask, clientKeyScope: "shop" })).toBeNull();
  expect(recordOfClientKey(open.store, ask)?.record.id).toBe(ask.id);
});

it("forgets a key with its record", () => {
  const ask = claimAsk({ clientKey: "ck" });
  claim(open.store, ask, 1000);
  open.store.connection.run("delete from claims");
  expect(open.store.connection.number("select count(*) from client_keys")).toBe(0);
});
