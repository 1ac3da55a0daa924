import { afterEach, beforeEach, expect, it } from "vitest";
import { runBatch } from "../../../src/ledger/sqlite/batch.ts";
import { health } from "../../../src/ledger/sqlite/health.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { ask } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest({ sizeBytesMax: 1024 * 1024 });
});
afterEach(() => open.close());

const put = (fill: number) => ask("put", { tenant: "local", bytes: new Uint8Array(200_000).fill(fill) });

it("says where the ledger is and how large, and counts commits and writes", () => {
  runBatch(open.store, [put(1), put(2)]);
  const { file } = open.store.connection;
  expect(health(open.store, 5000)).toMatchObject({ ok: true, commits: 1, writes: 2 });
  expect(health(open.store, 5000).detail).toMatch(new RegExp(`^The ledger ${file} holds 0\\.\\d MiB\\.$`));
  expect(health(open.store, 5000).sizeBytes).toBeGreaterThan(400_000);
});

it("is not well where nothing new is taken on, and says how to free space", () => {
  runBatch(open.store, [put(1), put(2), put(3), put(4), put(5), put(6)]);
  expect(health(open.store, 5000)).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/Raise ledger\.sizeBytesMax or lower/),
  });
});

it("finds out by writing that the ledger is well again", () => {
  open.store.condition.failure = "The disk was full.";
  expect(health(open.store, 5000).ok).toBe(true);
  expect(open.store.condition.failure).toBeNull();
  expect(open.store.connection.number("select length(probe) from ledger")).toBe(65_536);
});

it("stays unwell while there is room for a page, and not for an outcome", () => {
  const pages = Number(open.store.connection.pragma("page_count"));
  open.store.connection.exec(`PRAGMA max_page_count = ${pages + 2}`);
  open.store.condition.failure = "The disk was full.";
  expect(() => health(open.store, 5000)).toThrow("database or disk is full");
  expect(open.store.condition.failure).not.toBeNull();
});

it("is tried once a second at most, however often it is asked", () => {
  const { condition, connection } = open.store;
  const pages = Number(connection.pragma("page_count"));
  const changes = (): number => connection.number("select total_changes()");
  connection.exec(`PRAGMA max_page_count = ${pages + 2}`);
  condition.failure = "The disk was full.";
  expect(() => health(open.store, 5000)).toThrow("database or disk is full");
  connection.exec("PRAGMA max_page_count = 1000");
  const before = changes();
  for (const nowMs of [5000, 5001, 5999])
    expect(() => health(open.store, nowMs)).toThrow("The disk was full.");
  expect(changes()).toBe(before);
  expect(health(open.store, 6000).ok).toBe(true);
  expect(changes()).toBe(before + 1);
});

it("is tried also when the clock was set back", () => {
  open.store.condition.failure = "The disk was full.";
  open.store.condition.probedAtMs = 1_000_000;
  expect(health(open.store, 5000).ok).toBe(true);
});
