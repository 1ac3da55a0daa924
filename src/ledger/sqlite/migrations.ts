import { readFileSync } from "node:fs";
import type { Connection } from "./connection.ts";
import { ledgerDown } from "./failures.ts";

/** The schema's files in order; the n-th makes version n. A file that was released never changes. */
export const migrationFiles = [
  "001-ledger.sqlite.sql",
  "002-second-dispatch.sqlite.sql",
  "003-facts-by-kind.sqlite.sql",
  "004-generation.sqlite.sql",
  "005-running-claims.sqlite.sql",
] as const;

/** Brings the schema to this version: each step whole or not at all, also in a crash. */
export function migrate(connection: Connection): void {
  refuseNewer(connection);
  for (const [index, name] of migrationFiles.entries()) {
    const version = index + 1;
    const sql = readFileSync(new URL(`../sql/${name}`, import.meta.url), "utf8");
    connection.exec("BEGIN IMMEDIATE");
    try {
      if (versionOf(connection) < version) {
        connection.exec(sql);
        connection.exec(`PRAGMA user_version = ${version}`);
      }
      connection.exec("COMMIT");
    } catch (thrown) {
      if (connection.inTransaction) connection.exec("ROLLBACK");
      throw thrown;
    }
  }
}

/** For who may not change the schema: throws unless it is of this version. */
export function requireCurrent(connection: Connection): void {
  refuseNewer(connection);
  if (versionOf(connection) < migrationFiles.length) {
    throw ledgerDown(
      `The ledger ${connection.file} is of an older version. Start the gateway once to bring it up to date.`,
    );
  }
}

function refuseNewer(connection: Connection): void {
  const version = versionOf(connection);
  if (version > migrationFiles.length) {
    throw ledgerDown(
      `The ledger ${connection.file} was made by a newer Longstop (version ${version}; ` +
        `this one knows ${migrationFiles.length}). Update Longstop.`,
    );
  }
}

function versionOf(connection: Connection): number {
  return connection.number("PRAGMA user_version");
}
