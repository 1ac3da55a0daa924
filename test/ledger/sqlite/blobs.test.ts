import { afterEach, beforeEach, expect, it } from "vitest";
import { get, put } from "../../../src/ledger/sqlite/blobs.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest();
});
afterEach(() => open.close());

it("stores equal bytes once, as young as their last storing", () => {
  const bytes = Buffer.from("body");
  const hash = put(open.store, { tenant: "local", bytes: bytes }, 1000);
  expect(put(open.store, { tenant: "local", bytes: bytes }, 5000)).toBe(hash);
  expect(put(open.store, { tenant: "local", bytes: bytes }, 3000)).toBe(hash);
  expect(open.store.connection.all("select at_ms from blobs")).toEqual([{ at_ms: 5000 }]);
  expect(get(open.store, "local", hash)).toEqual(new Uint8Array(bytes));
});

it("does not let one tenant read, by hash, what another stored", () => {
  const hash = put(open.store, { tenant: "a", bytes: Buffer.from("secret") }, 1000);
  expect(get(open.store, "b", hash)).toBeNull();
});
