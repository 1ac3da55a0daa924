import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Database } from "../../../src/ledger/postgres/database.ts";
import { migrate, migrationFiles, requireCurrent } from "../../../src/ledger/postgres/migrations.ts";
import { type PostgresLimits, postgresLimits } from "../../../src/ledger/postgres/options.ts";
import { asSuperuser, urlOf } from "./server.ts";
import { sharedServer } from "./shared-server.ts";
import { freshSchema } from "./under-test.ts";

describe("the schema of the PostgreSQL ledger", () => {
  let server: number;
  let schema: string;
  let opened: Database[];
  const database = (change: Partial<PostgresLimits> = {}): Database => {
    const made = new Database({ ...postgresLimits(urlOf(server), { schema }), ...change });
    opened.push(made);
    return made;
  };
  beforeEach(async () => {
    server = await sharedServer();
    schema = freshSchema();
    opened = [];
  });
  afterEach(async () => {
    for (const one of opened) await one.close();
    await asSuperuser(server, `drop schema if exists ${schema} cascade`);
  });

  it("has a file for each version, in order", () => {
    const folder = new URL("../../../src/ledger/sql/", import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith(".postgres.sql"));
    expect(files.toSorted()).toEqual(migrationFiles);
  });

  it("is made once by gateways that start together", async () => {
    const databases = Array.from({ length: 6 }, () => database());
    await Promise.all(databases.map((one) => migrate(one)));
    const rows = await databases[0]?.alone.all("select version from @ledger");
    expect(rows).toEqual([{ version: migrationFiles.length }]);
    await Promise.all(databases.map((one) => requireCurrent(one)));
  });

  it("is left alone where it is current, also by a user who could not make it", async () => {
    await migrate(database());
    await asSuperuser(
      server,
      `create role ${schema} login password 'x'`,
      `grant usage on schema ${schema} to ${schema}`,
      `grant select, insert, update, delete on all tables in schema ${schema} to ${schema}`,
    );
    const url = `postgres://${schema}:x@127.0.0.1:${server}/postgres`;
    const user = database({ url });
    await migrate(user);
    expect(await user.alone.run("update @ledger set probed_at_ms = 1")).toBe(1);
    const other = database({ url, schema: `${schema}_x` });
    await expect(other.working(() => migrate(other))).rejects.toThrow(
      /lets this user not do what the ledger needs; see the permissions in docs\/operating\.md/,
    );
    await user.close();
    await other.close();
    await asSuperuser(server, `drop owned by ${schema}`, `drop role ${schema}`);
  });

  it("is whole or not there, where making it fails", async () => {
    await asSuperuser(server, `create schema ${schema}`, `create table ${schema}.blobs (x int)`);
    await expect(migrate(database())).rejects.toThrow('"blobs" already exists');
    const { rows } = await asSuperuser(
      server,
      `select tablename from pg_tables where schemaname = '${schema}'`,
    );
    expect(rows).toEqual([{ tablename: "blobs" }]);
  });

  it("of a newer Longstop is refused by both, with a sentence", async () => {
    const made = database();
    await migrate(made);
    await made.alone.run("update @ledger set version = version + 1");
    const newer = /was made by a newer Longstop \(version 2; this one knows 1\)\. Update Longstop\./;
    await expect(migrate(made)).rejects.toThrow(newer);
    await expect(requireCurrent(made)).rejects.toThrow(newer);
  });

  it("is not made for an operator", async () => {
    await expect(requireCurrent(database())).rejects.toThrow(
      /There is no ledger .*\. Start the gateway once, or name the right one \(ledger\.url\)\./,
    );
  });
});
