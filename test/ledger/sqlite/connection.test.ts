import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkDurable, Connection, makeDurable } from "../../../src/ledger/sqlite/connection.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { storeUnderTest } from "./under-test.ts";

describe("a connection", () => {
  let open: OpenStore;
  let connection: Connection;
  beforeEach(() => {
    open = storeUnderTest();
    connection = open.store.connection;
  });
  afterEach(() => open.close());

  it("flushes every commit, waits for locks, and bounds its log, also after writing", () => {
    connection.run("update ledger set opened_at_ms = 2");
    const settings = ["journal_mode", "synchronous", "busy_timeout", "foreign_keys", "wal_autocheckpoint"];
    expect(settings.map((name) => connection.pragma(name))).toEqual(["wal", 2, 5000, 1, 4000]);
    expect(connection.pragma("journal_size_limit")).toBe(64 * 1024 * 1024);
  });

  it("notices when commits are no longer flushed", () => {
    expect(() => checkDurable(connection)).not.toThrow();
    connection.exec("PRAGMA synchronous = NORMAL");
    expect(() => checkDurable(connection)).toThrow("is not durable");
    makeDurable(connection);
    expect(() => checkDurable(connection)).not.toThrow();
  });

  it("refuses a database that cannot keep a write-ahead log", () => {
    const memory = new Connection(":memory:");
    expect(() => makeDurable(memory)).toThrow("cannot keep a write-ahead log on this file system (memory)");
    memory.close();
  });

  it("gives one row or null, all rows, a number, and how many rows changed", () => {
    expect(connection.one("select 1 as a where :yes", { yes: 0 })).toBeNull();
    expect(connection.one("select 1 as a where :yes", { yes: 1 })).toEqual({ a: 1 });
    expect(connection.all("select value from json_each('[1,2]')")).toEqual([{ value: 1 }, { value: 2 }]);
    expect(connection.number("select 7")).toBe(7);
    expect(connection.run("update ledger set opened_at_ms = 3")).toBe(1);
  });

  it("knows whether SQLite gave up the transaction", () => {
    connection.exec("BEGIN");
    expect(connection.inTransaction).toBe(true);
    connection.exec("ROLLBACK");
    expect(connection.inTransaction).toBe(false);
  });
});
