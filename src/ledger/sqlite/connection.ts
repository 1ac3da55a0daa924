import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { ledgerDown } from "./failures.ts";

export type Row = Readonly<Record<string, string | number | Uint8Array | null>>;
export type Values = Readonly<Record<string, SQLInputValue>>;

/** How long a statement waits for another process (an operator's command line) to let go. */
const busyTimeoutMs = 5000;
/** Pages that are kept in memory: keys are hashes, so any page of their index may be the next one. */
const cacheKibibytes = 32 * 1024;
/** Pages after which the log is copied into the database, and the size that it is then cut to. */
const checkpointPages = 4000;
const journalBytesMax = 64 * 1024 * 1024;

/** A statement, and the names of its values in the order in which it wants them. */
interface Prepared {
  readonly statement: StatementSync;
  readonly names: readonly string[];
}

/** One connection to the database, with each statement prepared once. */
export class Connection {
  readonly file: string;
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(file: string) {
    this.file = file;
    this.#database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  run(sql: string, values: Values = {}): number {
    const { statement, names } = this.#prepare(sql);
    return Number(statement.run(...placed(names, values)).changes);
  }

  one(sql: string, values: Values = {}): Row | null {
    const { statement, names } = this.#prepare(sql);
    return (statement.get(...placed(names, values)) as Row | undefined) ?? null;
  }

  all(sql: string, values: Values = {}): readonly Row[] {
    const { statement, names } = this.#prepare(sql);
    return statement.all(...placed(names, values)) as Row[];
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

  // The statements are written in the code, so their number is bounded by it. A plain variable behind `limit`
  // would have SQLite prepare a statement anew each time, which takes ten times as long as to run it: it is
  // written `limit +:name`.
  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const { text, names } = withPlaces(sql);
    const made = { statement: this.#database.prepare(text), names };
    this.#prepared.set(sql, made);
    return made;
  }
}

/** Texts, in which a colon is a colon, and `:name`. */
const textOrName = /'(?:[^']|'')*'|:([A-Za-z]\w*)/g;

/** Places for names: binding by name costs four times as much. A name that comes twice has two places. */
function withPlaces(sql: string): { readonly text: string; readonly names: readonly string[] } {
  const names: string[] = [];
  const text = sql.replaceAll(textOrName, (found, name: string | undefined) => {
    if (name === undefined) return found;
    names.push(name);
    return "?";
  });
  return { text, names };
}

function placed(names: readonly string[], values: Values): SQLInputValue[] {
  return names.map((name) => {
    const value = values[name];
    // Any other object would be taken for names and their values.
    const isValue = typeof value !== "object" || value === null || ArrayBuffer.isView(value);
    if (value === undefined || !isValue) throw new TypeError(`a statement has no value for :${name}`);
    return value;
  });
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
    PRAGMA cache_size = ${-cacheKibibytes};
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
