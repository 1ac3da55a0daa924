import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Subject } from "../subjects.ts";
import type { DatabaseServer } from "./database-server.ts";
import { probeFile } from "./probing.ts";
import { syncsFile, traced } from "./syncs.ts";

const project = join(import.meta.dirname, "../..");

/** A gateway whose effects go into a store, or into none. */
export interface LedgerSubject extends Subject {
  /** Operations that are done, as the store has them on disk; null where it keeps none. */
  readonly done: ((folder: string, port: number) => number | Promise<number>) | null;
  /** Where the syncs of its store are written down. */
  readonly syncs: (folder: string, port: number) => string;
}

/** Gateways by the names of their stores. */
export const storeNames = ["sqlite", "postgres"] as const;

/** Where a run's PostgreSQL server writes its syncs: it has one for all gateways. */
export function databaseSyncsFile(folder: string): string {
  return syncsFile(folder, 0);
}

/** How the gateways are started. */
export interface Setting {
  /** Where syncs are counted: what each takes longer, ms. Null leaves the programs alone. */
  readonly addedMs: number | null;
  /** Needed for `postgres` alone. */
  readonly database: DatabaseServer | null;
}

/** The chosen stores, behind the same gateway with effects off where something is compared with it. */
export function ledgerSubjects(names: readonly string[], setting: Setting): readonly LedgerSubject[] {
  const { addedMs, database } = setting;
  const stores = [
    sqlite("sqlite", "enforce", addedMs),
    ...(database === null ? [] : [postgres(database)]),
  ].filter(({ name }) => names.includes(name));
  // Where syncs are counted there is nothing to compare with: without a store there are none.
  return addedMs === null ? [sqlite("off", "off", null), ...stores] : stores;
}

/** For tables, whether or not a server runs. */
export const ledgerTitles = { off: "effects off", sqlite: "SQLite", postgres: "PostgreSQL" } as const;

function sqlite(name: "off" | "sqlite", mode: "off" | "enforce", addedMs: number | null): LedgerSubject {
  const file = (folder: string, port: number): string => join(folder, `ledger-${port}.db`);
  return {
    ...gateway(name, mode, addedMs, async (folder, port) => ({
      ledger: { kind: "sqlite", file: file(folder, port) },
    })),
    done: mode === "off" ? null : (folder, port) => doneIn(file(folder, port)),
    syncs: syncsFile,
  };
}

function postgres(database: DatabaseServer): LedgerSubject {
  const schema = (port: number): string => `bench_${port}`;
  return {
    // The syncs are the server's, so the gateway itself is left alone.
    ...gateway("postgres", "enforce", null, async (folder, port) => {
      const url = join(folder, "database-url");
      await writeFile(url, `${database.url}\n`);
      return { ledger: { kind: "postgres", url: { file: url }, schema: schema(port) } };
    }),
    done: (_folder, port) => database.done(schema(port)),
    syncs: databaseSyncsFile,
  };
}

function doneIn(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const row = database.prepare("select count(*) as n from claims where state = 'done'").get();
    return Number(row?.["n"]);
  } finally {
    database.close();
  }
}

function gateway(
  name: keyof typeof ledgerTitles,
  mode: "off" | "enforce",
  addedMs: number | null,
  ledgerOf: (folder: string, port: number) => Promise<Readonly<Record<string, unknown>>>,
): Subject {
  return {
    name,
    title: ledgerTitles[name],
    headers: () => ({}),
    peer: null,
    async argv(port, upstream, folder) {
      const file = join(folder, `longstop-${port}.yaml`);
      const configuration = {
        listen: { port },
        upstreams: { mock: { url: upstream } },
        defaults: { openai: "mock", anthropic: null, gemini: null },
        tools: { pay: { url: upstream } },
        posts: [],
        log: { level: "warn" },
        effects: { mode },
        ...(await ledgerOf(folder, port)),
      };
      // JSON is YAML.
      await writeFile(file, `${JSON.stringify(configuration, null, 1)}\n`);
      return [
        "env",
        `LONGSTOP_BENCH_PROBE=${probeFile(folder, port)}`,
        ...(addedMs === null ? [] : traced(syncsFile(folder, port), addedMs)),
        process.execPath,
        "--import",
        join(import.meta.dirname, "probe.ts"),
        join(project, "longstop.mjs"),
        "start",
        file,
      ];
    },
  };
}
