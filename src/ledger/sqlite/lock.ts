import { DatabaseSync } from "node:sqlite";
import { ledgerDown, sqliteCode } from "./failures.ts";
import { createOnly } from "./files.ts";

/** Held until released, or until the process dies: the operating system then lets go of it. */
export interface FileLock {
  release(): void;
}

/**
 * Makes this process the only gateway on `file`: an exclusive transaction in a tiny database beside
 * it. In the ledger's own file it would keep the operator's commands out as well.
 */
export function lockFile(file: string): FileLock {
  const path = `${file}.lock`;
  createOnly(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Nothing is ever written in it, so it needs no journal beside it.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (thrown) {
    database.close();
    if (sqliteCode(thrown) !== 5) throw thrown;
    throw ledgerDown(
      `Another gateway is using the ledger ${file}. Stop it, or give this one its own file (ledger.file).`,
      thrown,
    );
  }
  return { release: () => database.close() };
}
