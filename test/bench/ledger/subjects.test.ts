import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ledgerSubjects, storeNames } from "../../../bench/ledger/subjects.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "longstop-bench-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function argvOf(name: string, addedMs: number | null): Promise<readonly string[]> {
  const subject = ledgerSubjects(storeNames, addedMs).find((one) => one.name === name);
  return (await subject?.argv?.(1234, "http://127.0.0.1:9", folder)) ?? [];
}

async function configurationOf(name: string): Promise<Record<string, unknown>> {
  const argv = await argvOf(name, null);
  return parse(await readFile(argv.at(-1) ?? "", "utf8")) as Record<string, unknown>;
}

describe("the gateways of the ledger's bench", () => {
  it("differ in their effects alone", async () => {
    const [off, sqlite] = [await configurationOf("off"), await configurationOf("sqlite")];
    expect(off["effects"]).toEqual({ mode: "off" });
    expect(sqlite["effects"]).toEqual({ mode: "enforce" });
    expect({ ...off, effects: null }).toEqual({ ...sqlite, effects: null });
  });

  it("run under strace only where syncs are counted, and slowed only where that is meant", async () => {
    expect(await argvOf("sqlite", null)).not.toContain("strace");
    const counted = await argvOf("sqlite", 0);
    expect(counted).toContain("strace");
    expect(counted.join(" ")).not.toContain("inject");
    expect(await argvOf("sqlite", 2)).toContain("inject=fsync,fdatasync:delay_enter=2000");
  });

  it("are the chosen stores, and the one without effects wherever something is compared", () => {
    const names = (...args: Parameters<typeof ledgerSubjects>) =>
      ledgerSubjects(...args).map(({ name }) => name);
    expect(names(storeNames, null)).toEqual(["off", ...storeNames]);
    expect(names([], null)).toEqual(["off"]);
    expect(names(storeNames, 0)).toEqual([...storeNames]);
  });
});
