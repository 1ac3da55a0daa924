import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDatabase, type DatabaseServer } from "../../../bench/ledger/database-server.ts";
import { readSyncs } from "../../../bench/ledger/syncs.ts";
import { isInstalled } from "../../../bench/requirements.ts";

describe.runIf(isInstalled("strace") && isInstalled("taskset"))("the PostgreSQL server of a bench", () => {
  const folder = mkdtempSync(join(tmpdir(), "longstop-database-"));
  let database: DatabaseServer;
  beforeAll(async () => {
    database = await startDatabase();
  }, 120_000);
  afterAll(async () => {
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** On a connection that is opened now: its process at the server is a new one. */
  async function run(...statements: readonly string[]): Promise<void> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }

  it("tells what is done in a schema", async () => {
    await run(
      "create schema one",
      "create table one.claims (state text)",
      "insert into one.claims values ('done'), ('intent'), ('done')",
    );
    expect(await database.done("one")).toBe(2);
  });

  it("has its syncs counted and slowed while that is asked for, also of connections that come later", async () => {
    const file = join(folder, "syncs.log");
    await run("create table counted (n int)");
    const inserts = Array.from({ length: 10 }, (_, n) => `insert into counted values (${n})`);
    const began = performance.now();
    await database.tracing(folder, file, 30, () => run(...inserts));
    expect(performance.now() - began).toBeGreaterThan(300);
    expect(readSyncs(file, 0, Number.MAX_VALUE)).toBeGreaterThanOrEqual(10);
    const counted = readSyncs(file, 0, Number.MAX_VALUE);
    await run(...inserts);
    expect(readSyncs(file, 0, Number.MAX_VALUE)).toBe(counted);
  });
});
