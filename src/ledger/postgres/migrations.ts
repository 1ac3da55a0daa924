import { readFileSync } from "node:fs";
import type { Database, Queries } from "./database.ts";
import { ledgerDown } from "./failures.ts";
import { quoted } from "./statement.ts";

/** The schema's files in order; the n-th makes version n. A file that was released never changes. */
export const migrationFiles = ["001-ledger.postgres.sql"] as const;

/**
 * Brings the schema to this version: whole or not at all. Of replicas that start together one migrates
 * and the others wait for it, by a lock that ends with the transaction, whatever pooler is between.
 */
export async function migrate(database: Database): Promise<void> {
  // Read without the lock first: where nothing is to be done, no right to do it is needed either.
  if ((await versionOf(database, database.alone)) === migrationFiles.length) return;
  await database.transaction(async (queries) => {
    await queries.one("select pg_advisory_xact_lock(hashtextextended(:name, 0))", {
      name: `longstop migrates ${database.schema}`,
    });
    const version = await versionOf(database, queries);
    if (version === 0 && !(await hasSchema(database, queries))) {
      await queries.run(`create schema ${quoted(database.schema)}`);
    }
    await queries.run(`set local search_path = ${quoted(database.schema)}, pg_catalog`);
    for (const name of migrationFiles.slice(version)) {
      await queries.run(readFileSync(new URL(`../sql/${name}`, import.meta.url), "utf8"));
    }
    await queries.run("update @ledger set version = :version", { version: migrationFiles.length });
  });
}

/** For who may not change the schema: throws unless it is of this version. */
export async function requireCurrent(database: Database): Promise<void> {
  const version = await versionOf(database, database.alone);
  if (version === migrationFiles.length) return;
  throw ledgerDown(
    version === 0
      ? `There is no ledger ${database.place}. Start the gateway once, or name the right one (ledger.url).`
      : `The ledger ${database.place} is of an older version. Start the gateway once to bring it up to date.`,
  );
}

/** The version of the schema, 0 where there is none. Throws where a newer Longstop made it. */
async function versionOf(database: Database, queries: Queries): Promise<number> {
  const found = await queries.one(
    `select 1 from pg_catalog.pg_tables where schemaname = :schema and tablename = 'ledger'`,
    { schema: database.schema },
  );
  if (found === null) return 0;
  const row = await queries.one("select version from @ledger");
  const version = Number(row?.["version"] ?? 0);
  if (version > migrationFiles.length) {
    throw ledgerDown(
      `The ledger ${database.place} was made by a newer Longstop (version ${version}; ` +
        `this one knows ${migrationFiles.length}). Update Longstop.`,
    );
  }
  return version;
}

async function hasSchema(database: Database, queries: Queries): Promise<boolean> {
  const sql = "select 1 from pg_catalog.pg_namespace where nspname = :schema";
  return (await queries.one(sql, { schema: database.schema })) !== null;
}
