import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Subject } from "../subjects.ts";
import { probeFile } from "./probing.ts";
import { syncsFile, traced } from "./syncs.ts";

const project = join(import.meta.dirname, "../..");

/** A gateway whose effects go into a store, or into none. */
export interface LedgerSubject extends Subject {
  /** Operations that are done, as the store has them on disk; null where it keeps none. */
  readonly done: ((folder: string, port: number) => number) | null;
}

function databaseFile(folder: string, port: number): string {
  return join(folder, `ledger-${port}.db`);
}

function doneIn(folder: string, port: number): number {
  const database = new DatabaseSync(databaseFile(folder, port), { readOnly: true });
  try {
    const row = database.prepare("select count(*) as n from claims where state = 'done'").get();
    return Number(row?.["n"]);
  } finally {
    database.close();
  }
}

/** Gateways by the names of their stores, and `off`: the same one, which keeps nothing. */
export const storeNames = ["sqlite"] as const;

/** `addedMs` is what each sync takes longer, where syncs are counted; null leaves the program alone. */
export function ledgerSubjects(names: readonly string[], addedMs: number | null): readonly LedgerSubject[] {
  const subject = (name: string, title: string, mode: "off" | "enforce"): LedgerSubject => ({
    name,
    title,
    headers: () => ({}),
    peer: null,
    done: mode === "off" ? null : doneIn,
    async argv(port, upstream, folder) {
      const file = join(folder, `longstop-${port}.yaml`);
      const lines = [
        `listen: { port: ${port} }`,
        `upstreams: { mock: { url: "${upstream}" } }`,
        "defaults: { openai: mock, anthropic: null, gemini: null }",
        `tools: { pay: { url: "${upstream}" } }`,
        "posts: []",
        "log: { level: warn }",
        `effects: { mode: ${mode} }`,
        `ledger: { kind: sqlite, file: ${JSON.stringify(databaseFile(folder, port))} }`,
      ];
      await writeFile(file, `${lines.join("\n")}\n`);
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
  });
  const stores = [subject("sqlite", "SQLite", "enforce")].filter(({ name }) => names.includes(name));
  // Where syncs are counted there is nothing to compare with: without a store there are none.
  return addedMs === null ? [subject("off", "effects off", "off"), ...stores] : stores;
}
