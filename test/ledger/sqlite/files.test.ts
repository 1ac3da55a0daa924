import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createOnly, prepareFile } from "../../../src/ledger/sqlite/files.ts";
import { storeUnderTest } from "./under-test.ts";

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe("the ledger's files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "longstop-files-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("are the owner's alone, and so are the log, its index and the lock", () => {
    const open = storeUnderTest();
    const { file } = open.store.connection;
    for (const path of [file, `${file}-wal`, `${file}-shm`, `${file}.lock`]) expect(modeOf(path)).toBe("600");
    expect(modeOf(join(file, ".."))).toBe("700");
    open.close();
  });

  it("that others could read are closed to them, with their contents kept", () => {
    const file = join(folder, "longstop.db");
    writeFileSync(file, "");
    writeFileSync(`${file}-wal`, "");
    chmodSync(file, 0o644);
    chmodSync(`${file}-wal`, 0o664);
    prepareFile(file, [], () => {});
    expect([modeOf(file), modeOf(`${file}-wal`)]).toEqual(["600", "600"]);
  });

  it("have one real path, whatever links lead to them", () => {
    mkdirSync(join(folder, "real"));
    symlinkSync(join(folder, "real"), join(folder, "link"));
    const direct = prepareFile(join(folder, "real", "a.db"), [], () => {});
    expect(prepareFile(join(folder, "link", "a.db"), [], () => {})).toBe(direct);
  });

  it("are never opened where they are there already: that would drop this process' locks", () => {
    const file = join(folder, "a.db");
    writeFileSync(file, "kept");
    chmodSync(file, 0o000);
    expect(() => createOnly(file)).not.toThrow();
    expect(statSync(file).size).toBe(4);
  });

  it("cannot be made where a file stands in place of the folder", () => {
    writeFileSync(join(folder, "data"), "");
    expect(() => prepareFile(join(folder, "data", "a.db"), [], () => {})).toThrow(/ENOTDIR|EEXIST/);
  });
});
