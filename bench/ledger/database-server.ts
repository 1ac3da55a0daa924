import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { startServer, urlOf } from "../../test/ledger/postgres/server.ts";
import { treeOf } from "../proc.ts";
import { loadCore, start, stop } from "../processes.ts";
import { attached } from "./syncs.ts";

/** A PostgreSQL server of a run, as it comes: each commit is flushed. It shares the load's core. */
export interface DatabaseServer {
  readonly url: string;
  /** Operations that are done in a schema, as the server has them. */
  done(schema: string): Promise<number>;
  /** Does `work` while the server's syncs are written to `file`, each of them slowed by `addedMs`. */
  tracing<T>(folder: string, file: string, addedMs: number, work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const attachesWithinMs = 30_000;

/** strace needs a moment: what the server does before it is there would not be counted. */
async function untilTraced(pids: readonly number[]): Promise<void> {
  const isTraced = (pid: number): boolean => {
    try {
      return /^TracerPid:\s+[1-9]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      // One that served a connection, which has ended since.
      return true;
    }
  };
  for (const began = Date.now(); !pids.every(isTraced); await sleep(20)) {
    if (Date.now() - began > attachesWithinMs) throw new Error("strace did not attach to PostgreSQL");
  }
}

export async function startDatabase(): Promise<DatabaseServer> {
  const server = await startServer();
  const url = urlOf(server.port);
  return {
    url,
    async done(schema) {
      const client = new Client({ connectionString: url });
      await client.connect();
      try {
        const { rows } = await client.query<{ n: string }>(
          `select count(*) as n from ${schema}.claims where state = 'done'`,
        );
        return Number(rows[0]?.n);
      } finally {
        await client.end();
      }
    },
    async tracing(folder, file, addedMs, work) {
      const [line = ""] = readFileSync(join(server.folder, "data", "postmaster.pid"), "utf8").split("\n");
      // All that run now; those that the server starts for a gateway are followed from their beginning.
      const pids = treeOf(Number(line));
      const tracer = start(loadCore, attached(file, addedMs, pids), folder);
      try {
        await untilTraced(pids);
        return await work();
      } finally {
        await stop([tracer]);
      }
    },
    stop: () => server.stop(),
  };
}
