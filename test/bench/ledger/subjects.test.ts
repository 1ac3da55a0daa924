import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { DatabaseServer } from "../../../bench/ledger/database-server.ts";
import { ledgerSubjects, ledgerTitles, storeNames } from "../../../bench/ledger/subjects.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "longstop-bench-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Nothing here asks it for anything but where it is. */
const database = { url: "postgres://there" } as DatabaseServer;

async function argvOf(name: string, addedMs: number | null): Promise<readonly string[]> {
  const subject = ledgerSubjects(storeNames, { addedMs, database }).find((one) => one.name === name);
  return (await subject?.argv?.(1234, "http://127.0.0.1:9", folder)) ?? [];
}

async function configurationOf(name: string): Promise<Record<string, unknown>> {
  const argv = await argvOf(name, null);
  return parse(await readFile(argv.at(-1) ?? "", "utf8")) as Record<string, unknown>;
}

describe("the gateways of the ledger's bench", () => {
  it("differ in their effects alone, and in their store", async () => {
    const [off, sqlite] = [await configurationOf("off"), await configurationOf("sqlite")];
    const postgres = await configurationOf("postgres");
    expect(off["effects"]).toEqual({ mode: "off" });
    expect(sqlite["effects"]).toEqual({ mode: "enforce" });
    expect({ ...off, effects: null }).toEqual({ ...sqlite, effects: null });
    expect({ ...postgres, ledger: null }).toEqual({ ...sqlite, ledger: null });
    const { url } = postgres["ledger"] as { readonly url: { readonly file: string } };
    expect(await readFile(url.file, "utf8")).toBe("postgres://there\n");
  });

  it("run under strace only where syncs are counted, and slowed only where that is meant", async () => {
    expect(await argvOf("sqlite", null)).not.toContain("strace");
    const counted = await argvOf("sqlite", 0);
    expect(counted).toContain("strace");
    expect(counted.join(" ")).not.toContain("inject");
    expect(await argvOf("sqlite", 2)).toContain("inject=fsync,fdatasync:delay_enter=2000");
    expect(await argvOf("postgres", 2)).not.toContain("strace");
  });

  it("are the chosen stores, and the one without effects wherever something is compared", () => {
    const names = (...args: Parameters<typeof ledgerSubjects>) =>
      ledgerSubjects(...args).map(({ name }) => name);
    expect(names(storeNames, { addedMs: null, database })).toEqual(["off", ...storeNames]);
    expect(names(storeNames, { addedMs: null, database: null })).toEqual(["off", "sqlite"]);
    expect(names([], { addedMs: null, database })).toEqual(["off"]);
    expect(names(storeNames, { addedMs: 0, database })).toEqual([...storeNames]);
    expect(Object.keys(ledgerTitles)).toEqual(["off", ...storeNames]);
  });
});
