import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Pool, type QueryResult } from "pg";
import type { ServerWishes } from "./server-process.ts";

/** A PostgreSQL server of the tests. */
export interface PostgresServer {
  readonly port: number;
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts a server of its own, for tests that change what all of a server is. Others share one. */
export async function startServer(wishes: Partial<ServerWishes> = {}): Promise<PostgresServer> {
  const whole: ServerWishes = { settings: {}, copyOf: null, keep: false, port: null, ...wishes };
  const script = fileURLToPath(new URL("./server-process.ts", import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(whole)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  for await (const line of createInterface({ input: child.stdout })) {
    const { port, folder } = JSON.parse(line) as { readonly port: number; readonly folder: string };
    return {
      port,
      folder,
      stop: async () => {
        child.stdin.end();
        await ended;
      },
    };
  }
  throw new Error(`PostgreSQL did not start: ${errors}`);
}

export function urlOf(port: number): string {
  return `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
}

const superusers = new Map<number, Pool>();

/** Runs statements as the superuser, one after the other. */
export async function asSuperuser(port: number, ...statements: readonly string[]): Promise<QueryResult> {
  const known = superusers.get(port);
  const pool =
    known ?? new Pool({ connectionString: urlOf(port), allowExitOnIdle: true, idleTimeoutMillis: 1000 });
  // Idle connections end with their server.
  if (known === undefined)
    superusers.set(
      port,
      pool.on("error", () => {}),
    );
  let result = await pool.query("select 1");
  for (const statement of statements) result = await pool.query(statement);
  return result;
}
