import { Client, Pool, type PoolClient, type QueryResult, TypeOverrides } from "pg";
import { asFailure, ConnectionLost, endsConnection, isUndone, ledgerDown, sqlState } from "./failures.ts";
import type { PostgresLimits } from "./options.ts";
import { Slots } from "./slots.ts";
import { type Row, Statements, type Values } from "./statement.ts";

/** Where statements go: each for itself, or together inside one transaction. */
export interface Queries {
  all(sql: string, values?: Values): Promise<readonly Row[]>;
  /** The first row, or null. */
  one(sql: string, values?: Values): Promise<Row | null>;
  /** How many rows were written. */
  run(sql: string, values?: Values): Promise<number>;
}

/** How long a connection is tried for, and how long a statement may take, ms. */
const connectMs = 3000;
const statementMs = 10_000;
/** How long nobody is asked again after no connection was had, ms: everyone would wait for the same. */
const restMs = 500;
/** What may wait for a connection at most. */
const asksWaitingMax = 10_000;
/** Pauses before an interrupted piece of work is done again, ms. */
const pausesMs = [20, 250, 1000];

/**
 * Bounds that hold inside one transaction, and leave nothing on a connection that a pooler gives to
 * somebody else afterwards. A gateway that freezes inside a transaction lets go of its locks.
 */
const begin =
  "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '5s'; " +
  "SET LOCAL idle_in_transaction_session_timeout = '10s'";

// Whole numbers of the ledger are far below 2^53; pg gives them as text otherwise.
const bigintOid = 20;
const types = new TypeOverrides();
types.setTypeParser(bigintOid, Number);

/** The connections to one database. No statement is prepared by name, and no session keeps anything. */
export class Database {
  /** What names the ledger in sentences: no user, no password. */
  readonly place: string;
  readonly schema: string;
  readonly #pool: Pool;
  readonly #slots: Slots;
  readonly #statements: Statements;
  #unreachable: { readonly failure: ConnectionLost; readonly untilMs: number } | null = null;
  #isClosed = false;

  constructor({ url, schema, poolMax }: PostgresLimits) {
    this.schema = schema;
    this.place = placeOf(url, schema);
    this.#statements = new Statements(schema);
    this.#slots = new Slots(poolMax, asksWaitingMax);
    this.#pool = new Pool({
      connectionString: url,
      max: poolMax,
      connectionTimeoutMillis: connectMs,
      query_timeout: statementMs,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      application_name: "longstop",
      types,
    });
    // An idle connection that ends is left out of the pool by this; unheard, it would end the process.
    this.#pool.on("error", ignore);
  }

  /** Reads what the connection string names, such as `sslrootcert`; `ledger_down` where it cannot. */
  static at(limits: PostgresLimits): Database {
    try {
      return new Database(limits);
    } catch (cause) {
      // The message of the cause may quote the connection string, which is a secret.
      const { code } = cause as { readonly code?: unknown };
      const why = typeof code === "string" ? ` (${code})` : "";
      throw ledgerDown(
        `What ledger.url points at has a parameter, such as sslrootcert, that cannot be used${why}.`,
      );
    }
  }

  /** Throws once it is closed. */
  requireOpen(cause?: unknown): void {
    if (this.#isClosed) throw ledgerDown(`The ledger ${this.place} is closed.`, cause);
  }

  /**
   * Does a piece of work, and again where a connection was lost under it or the server undid it: the
   * work is told (`isRerun`), and must find by its nonce what an earlier try of it had done. Whatever
   * still fails is `ledger_down`, or `internal` where it is our fault.
   */
  async working<T>(work: (isRerun: boolean) => Promise<T>): Promise<T> {
    let isRerun = false;
    for (const pauseMs of [...pausesMs, null]) {
      try {
        return await work(isRerun);
      } catch (thrown) {
        const isLost = thrown instanceof ConnectionLost && (isRerun || !thrown.nothingSent);
        if (pauseMs === null || this.#isClosed || !(isLost || isUndone(thrown))) {
          throw asFailure(thrown, this.place);
        }
        isRerun = true;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
    throw new Error("the last try neither ended nor failed");
  }

  /** Statements that are transactions of their own. */
  readonly alone: Queries = queriesOn((sql, values) =>
    this.#withConnection((connection) => this.#ask(connection, sql, values)),
  );

  /** Commits what `work` asked, all of it or nothing. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#withConnection(async (connection) => {
      await send(connection, { text: begin, values: [] });
      const result = await work(queriesOn((sql, values) => this.#ask(connection, sql, values)));
      const { command } = await send(connection, { text: "COMMIT", values: [] });
      // What failed inside turns a commit into a rollback, which is no error to the server.
      if (command !== "COMMIT") throw new Error(`a transaction ended in ${command}`);
      return result;
    });
  }

  /** Answers what was asked, then closes the connections. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // A pool that is ended leaves who is just being connected without an answer.
    await this.#slots.idle();
    await this.#pool.end();
  }

  #ask(connection: PoolClient, sql: string, values: Values): Promise<QueryResult<Row>> {
    return send(connection, this.#statements.of(sql, values));
  }

  async #withConnection<T>(work: (connection: PoolClient) => Promise<T>): Promise<T> {
    if (this.#slots.isFull) {
      throw ledgerDown(`The ledger ${this.place} cannot keep up: too much waits for a connection.`);
    }
    return this.#slots.with(async () => {
      const connection = await this.#connect();
      // A connection that ends between two statements says so here; the next statement fails by itself.
      connection.on("error", ignore);
      let isFit = false;
      try {
        const result = await work(connection);
        isFit = true;
        return result;
      } catch (thrown) {
        isFit = !(thrown instanceof ConnectionLost) && (await rollBack(connection));
        throw thrown;
      } finally {
        connection.removeListener("error", ignore);
        connection.release(!isFit);
      }
    });
  }

  async #connect(): Promise<PoolClient> {
    this.requireOpen();
    const rests = this.#unreachable;
    if (rests !== null && performance.now() < rests.untilMs) throw rests.failure;
    try {
      const connection = await this.#pool.connect();
      this.#unreachable = null;
      return connection;
    } catch (thrown) {
      this.requireOpen(thrown);
      const failure = new ConnectionLost(thrown, true);
      this.#unreachable = { failure, untilMs: performance.now() + restMs };
      throw failure;
    }
  }
}

function ignore(): void {}

async function send(
  connection: PoolClient,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<QueryResult<Row>> {
  try {
    return await connection.query<Row>(values.length === 0 ? text : { text, values: [...values] });
  } catch (thrown) {
    const state = sqlState(thrown);
    // Only what the server itself reported says that the statement did nothing.
    if (state === null || endsConnection(state)) throw new ConnectionLost(thrown, false);
    throw thrown;
  }
}

/** True where the connection can be used again. */
async function rollBack(connection: PoolClient): Promise<boolean> {
  try {
    await connection.query("ROLLBACK");
    return true;
  } catch {
    return false;
  }
}

function queriesOn(ask: (sql: string, values: Values) => Promise<QueryResult<Row>>): Queries {
  return {
    all: async (sql, values = {}) => (await ask(sql, values)).rows,
    one: async (sql, values = {}) => (await ask(sql, values)).rows[0] ?? null,
    run: async (sql, values = {}) => (await ask(sql, values)).rowCount ?? 0,
  };
}

function placeOf(url: string, schema: string): string {
  const { host, port, database } = new Client({ connectionString: url });
  return `${schema} at ${host}:${port}/${database ?? ""}`;
}
