import { afterEach, beforeEach, expect, it } from "vitest";
import { get, put, putAll } from "../../../src/ledger/sqlite/blobs.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { ledgerDown } from "../../../src/ledger/sqlite/failures.ts";
import type { Store } from "../../../src/ledger/sqlite/store.ts";
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

it("stores several, and says of each that has no room; what is there already needs none", () => {
  const named = (address: string) => ({ tenant: "local", address, bytes: Buffer.from(address) });
  put(open.store, named("known"), 1000);
  const full = { ...open.store, room: { has: () => false, require: noRoom } as unknown as Store["room"] };
  const told = putAll(full, [named("new"), named("known"), named("newer")], 2000);
  expect(told.map((failure) => failure?.code ?? null)).toEqual(["ledger_down", null, "ledger_down"]);
  expect(putAll(open.store, [named("new"), named("newer")], 3000)).toEqual([null, null]);
  expect(get(open.store, "local", "newer")).toEqual(new Uint8Array(Buffer.from("newer")));
});

function noRoom(): never {
  throw ledgerDown("It is full.");
}
