import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { ledgerDown } from "./failures.ts";

export type Row = Readonly<Record<string, string | number | Uint8Array | null>>;
export type Values = Readonly<Record<string, SQLInputValue>>;

/** How long a statement waits for another process (an operator's command line) to let go. */
const busyTimeoutMs = 5000;
/** Pages after which the log is copied into the database, and the size that it is then cut to. */
const checkpointPages = 1000;
const journalBytesMax = 64 * 1024 * 1024;

/** One connection to the database, with each statement prepared once. */
export class Connection {
  readonly file: string;
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(file: string) {
    this.file = file;
    this.#database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  run(sql: string, values: Values = {}): number {
    return Number(this.#statement(sql).run(values).changes);
  }

  one(sql: string, values: Values = {}): Row | null {
    return (this.#statement(sql).get(values) as Row | undefined) ?? null;
  }

  all(sql: string, values: Values = {}): readonly Row[] {
    return this.#statement(sql).all(values) as Row[];
  }

  /** The one number that a statement gives; a statement that gives none is a fault. */
  number(sql: string, values: Values = {}): number {
    return Number(Object.values(this.one(sql, values) ?? {})[0]);
  }

  /** What a pragma answers now. Never kept: some are worked out when they are prepared. */
  pragma(text: string): string | number {
    const row = this.#database.prepare(`PRAGMA ${text}`).get() as Row | undefined;
    return Object.values(row ?? {})[0] as string | number;
  }

  /** False after SQLite rolled back by itself, as it does when the disk is full. */
  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#prepared.clear();
    this.#database.close();
  }

  // The statements are written in the code, so their number is bounded by it.
  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const made = this.#database.prepare(sql);
    this.#prepared.set(sql, made);
    return made;
  }
}

/**
 * Sets what a durable ledger needs. `synchronous=FULL` flushes the log at every commit: with NORMAL,
 * a power loss may take committed transactions back (https://sqlite.org/pragma.html#pragma_synchronous).
 */
export function makeDurable(connection: Connection): void {
  const mode = connection.pragma("journal_mode = WAL");
  if (mode !== "wal") {
    throw ledgerDown(
      `The ledger ${connection.file} cannot keep a write-ahead log on this file system (${mode}).`,
    );
  }
  connection.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA wal_autocheckpoint = ${checkpointPages};
    PRAGMA journal_size_limit = ${journalBytesMax};
  `);
}

/**
 * Throws unless commits are flushed. Builds of SQLite exist that turn FULL into NORMAL with the first
 * write in WAL mode (`SQLITE_DEFAULT_WAL_SYNCHRONOUS=1`), so this is asked again after a write.
 */
export function checkDurable(connection: Connection): void {
  if (Number(connection.pragma("synchronous")) < 2) {
    throw ledgerDown(`The ledger ${connection.file} is not durable: SQLite lowered PRAGMA synchronous.`);
  }
}
