import { randomBytes } from "node:crypto";
import { PostgresLedger } from "../../../src/ledger/postgres/client.ts";
import { Database } from "../../../src/ledger/postgres/database.ts";
import { migrate } from "../../../src/ledger/postgres/migrations.ts";
import {
  type PostgresLimits,
  postgresLimits,
  type PostgresOptions,
} from "../../../src/ledger/postgres/options.ts";
import type { LedgerUnderTest } from "../../conformance/ledger/requests.ts";
import { portsOf } from "../sqlite/under-test.ts";
import { asSuperuser, urlOf } from "./server.ts";
import { sharedServer } from "./shared-server.ts";

/** A name that no other test has. */
export function freshSchema(): string {
  return `t_${randomBytes(6).toString("hex")}`;
}

/** The clock of one schema, in the hands of a test: it stands still but for this. */
export interface SchemaClock {
  advance(ms: number): Promise<void>;
}

async function takeClock(port: number, schema: string): Promise<SchemaClock> {
  await asSuperuser(
    port,
    `create table ${schema}.test_clock (ms bigint)`,
    `insert into ${schema}.test_clock values (1800000000000)`,
    `create or replace function ${schema}.now_ms() returns bigint language sql volatile
       as $$ select ms from ${schema}.test_clock $$`,
  );
  return {
    advance: async (ms) => {
      await asSuperuser(port, `update ${schema}.test_clock set ms = ms + ${ms}`);
    },
  };
}

/** Where a ledger is tested: through what, and with which options. */
export interface Trial {
  /** Between the ledger and the server: a pooler, or what breaks connections. */
  readonly port?: number;
  readonly options?: Partial<PostgresOptions>;
}

/** The whole store, in a schema of its own. */
export async function postgresUnderTest({ port, options }: Trial = {}): Promise<PostgresUnderTest> {
  const server = await sharedServer();
  const schema = freshSchema();
  const limits = postgresLimits(urlOf(port ?? server), { schema, ...options });
  const reports: string[] = [];
  const open = (role: "gateway" | "operator"): Promise<PostgresLedger> =>
    PostgresLedger.open(limits, portsOf(role, Date.now, reports));
  let ledger = await open("gateway");
  const { advance } = await takeClock(server, schema);
  return {
    soleOwner: false,
    server,
    schema,
    limits,
    reports,
    get ledger() {
      return ledger;
    },
    advance,
    restart: async () => {
      await ledger.close();
      ledger = await open("gateway");
    },
    beside: () => open("operator"),
    another: () => open("gateway"),
    close: async () => {
      await ledger.close();
      await asSuperuser(server, `drop schema if exists ${schema} cascade`);
    },
  };
}

export interface PostgresUnderTest extends LedgerUnderTest {
  readonly ledger: PostgresLedger;
  /** The port of the server itself. */
  readonly server: number;
  readonly schema: string;
  readonly limits: PostgresLimits;
  /** What the store told the operator. */
  readonly reports: readonly string[];
  /** A second gateway on the same database. */
  another(): Promise<PostgresLedger>;
}

/** A database with the ledger's tables and a clock in the test's hands: each verb as a plain function call. */
export interface DatabaseUnderTest extends SchemaClock {
  readonly database: Database;
  readonly limits: PostgresLimits;
  readonly server: number;
  count(table: string): Promise<number>;
  close(): Promise<void>;
}

export async function databaseUnderTest(options: Partial<PostgresOptions> = {}): Promise<DatabaseUnderTest> {
  const server = await sharedServer();
  const limits = postgresLimits(urlOf(server), { schema: freshSchema(), ...options });
  const database = new Database(limits);
  await migrate(database);
  const { advance } = await takeClock(server, limits.schema);
  return {
    database,
    limits,
    server,
    advance,
    count: async (table) => {
      const row = await database.alone.one(`select count(*) as count from @${table}`);
      return Number(row?.["count"]);
    },
    close: async () => {
      await database.close();
      await asSuperuser(server, `drop schema ${limits.schema} cascade`);
    },
  };
}
