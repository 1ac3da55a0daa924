import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Connection } from "../../../src/ledger/sqlite/connection.ts";
import { prepareFile } from "../../../src/ledger/sqlite/files.ts";
import { migrate, migrationFiles, requireCurrent } from "../../../src/ledger/sqlite/migrations.ts";
import { ledgerFolder } from "./under-test.ts";

const sqlOf = (name: string): string =>
  readFileSync(new URL(`../../../src/ledger/sql/${name}`, import.meta.url), "utf8");

describe("the schema", () => {
  let folder: ReturnType<typeof ledgerFolder>;
  let connection: Connection;
  beforeEach(() => {
    folder = ledgerFolder();
    connection = new Connection(prepareFile(folder.file, [], () => {}));
  });
  afterEach(() => {
    connection.close();
    folder.remove();
  });

  it("is made once, and its version is that of the last file", () => {
    migrate(connection);
    migrate(connection);
    expect(connection.pragma("user_version")).toBe(migrationFiles.length);
    expect(() => requireCurrent(connection)).not.toThrow();
  });

  it("has every SQL file of this store in its list, in order", () => {
    const there = readdirSync(new URL("../../../src/ledger/sql/", import.meta.url))
      .filter((name) => name.endsWith(".sqlite.sql"))
      .sort();
    expect(migrationFiles).toEqual(there);
    expect(there.map((name) => Number(name.slice(0, 3)))).toEqual(there.map((_, index) => index + 1));
  });

  it("is made whole or not at all", () => {
    connection.exec("create table facts (in_the_way integer)");
    expect(() => migrate(connection)).toThrow(/facts already exists/);
    expect(connection.inTransaction).toBe(false);
    expect(connection.pragma("user_version")).toBe(0);
    expect(connection.all("select name from sqlite_schema")).toEqual([{ name: "facts" }]);
  });

  it("is left alone by who may not change it, with the remedy", () => {
    expect(() => requireCurrent(connection)).toThrow("Start the gateway once");
  });

  it("gives the operations of an older Longstop what a second dispatch asks for, and lets none be sent", () => {
    connection.exec(sqlOf(migrationFiles[0]));
    connection.exec("PRAGMA user_version = 1");
    connection.exec(`insert into claims (id, tenant, kind, key, occurrence, state, epoch, nonce, owner,
      lease_until_ms, created_at_ms, fingerprint, detail)
      values ('o', 'local', 'effect', 'k', 1, 'in-doubt', 3, 'n', 'g', 5, 4, 'f', '{}')`);
    migrate(connection);
    const columns = "key_epoch, key_at_ms, sent, doubted";
    expect(connection.one(`select ${columns} from claims`, {})).toEqual({
      key_epoch: 1,
      key_at_ms: 4,
      sent: null,
      doubted: 0,
    });
  });

  it("of a newer Longstop is refused", () => {
    connection.exec("PRAGMA user_version = 99");
    expect(() => migrate(connection)).toThrow(
      `made by a newer Longstop (version 99; this one knows ${migrationFiles.length})`,
    );
    expect(() => requireCurrent(connection)).toThrow("Update Longstop");
  });
});
