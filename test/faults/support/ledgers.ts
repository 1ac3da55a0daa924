import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { asSuperuser, startServer, urlOf, type PostgresServer } from "../../ledger/postgres/server.ts";

export const ledgerKinds = ["sqlite", "postgres"] as const;
export type LedgerKind = (typeof ledgerKinds)[number];

/** The ledger of a site: how it is configured, and opened beside the gateways. */
export interface SiteLedger {
  readonly kind: LedgerKind;
  /** The part `ledger` of the configuration. */
  readonly configured: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly secrets: ReadonlyMap<string, string>;
  /** What gateways share; null where the ledger is one gateway's own. */
  readonly database: SiteDatabase | null;
  close(): Promise<void>;
}

/** What can happen to a database. */
export interface SiteDatabase {
  /** Ends every connection of every gateway, and gives how many there were. */
  terminate(): Promise<number>;
  /** Does `what` while every statement about claims has to wait; `waiting` tells when one does. */
  whileHeld(what: (waiting: () => Promise<void>) => Promise<void>): Promise<void>;
  /** Does `what` while the server is stopped, and starts it again at the same address. */
  whileStopped(what: () => Promise<void>): Promise<void>;
}

/** `server`: the port of a server that several sites share; null gives it one of its own. */
export async function makeLedger(
  kind: LedgerKind,
  folder: string,
  server: (() => Promise<number>) | null,
): Promise<SiteLedger> {
  if (kind === "postgres") return postgresLedger(folder, server);
  const options = { file: join(folder, "ledger.db") };
  const configured = { kind, ...options };
  return { kind, configured, options, secrets: new Map(), database: null, close: async () => {} };
}

async function postgresLedger(folder: string, server: (() => Promise<number>) | null): Promise<SiteLedger> {
  let own: PostgresServer | null = server === null ? await startServer({ keep: true }) : null;
  const port = own === null ? await (server as () => Promise<number>)() : own.port;
  // A database of its own: its connections are known by it, and those of other sites are left alone.
  const name = `faults_${randomBytes(6).toString("hex")}`;
  await asSuperuser(port, `create database ${name}`);
  const url = urlOf(port).replace(/\/postgres$/, `/${name}`);
  await writeFile(join(folder, "url"), `${url}\n`);
  const database: SiteDatabase = {
    async terminate() {
      const ended = await asSuperuser(
        port,
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = '${name}' and application_name = 'longstop'`,
      );
      return ended.rowCount ?? 0;
    },
    async whileHeld(what) {
      const holder = new Client({ connectionString: url });
      await holder.connect();
      try {
        await holder.query("begin");
        await holder.query("lock table longstop.claims in access exclusive mode");
        await what(() => someStatementWaits(port, name));
      } finally {
        await holder.end();
      }
    },
    async whileStopped(what) {
      if (own === null) throw new Error("others are on this server");
      const { folder: data } = own;
      await own.stop();
      await what();
      own = await startServer({ keep: true, copyOf: data, port });
    },
  };
  return {
    kind: "postgres",
    configured: { kind: "postgres", url: { file: join(folder, "url") } },
    options: { schema: "longstop" },
    secrets: new Map([["url", url]]),
    database,
    async close() {
      if (own === null) return void (await asSuperuser(port, `drop database ${name} with (force)`));
      const { folder: data } = own;
      await own.stop();
      // A server that keeps its data leaves its folder to whoever began it.
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function someStatementWaits(port: number, name: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { rows } = await asSuperuser(
      port,
      `select 1 from pg_stat_activity
       where datname = '${name}' and application_name = 'longstop' and wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
    await sleep(25);
  }
  throw new Error("no statement of a gateway waits");
}
