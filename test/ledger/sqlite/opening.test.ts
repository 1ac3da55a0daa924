import { closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import { asFailure } from "../../../src/ledger/sqlite/failures.ts";
import { put } from "../../../src/ledger/sqlite/blobs.ts";
import { openStore, type OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { sqliteLimits } from "../../../src/ledger/sqlite/options.ts";
import { claimAsk } from "./asking.ts";
import { ledgerFolder } from "./under-test.ts";

describe("opening a ledger", () => {
  let folder: ReturnType<typeof ledgerFolder>;
  beforeEach(() => {
    folder = ledgerFolder();
  });
  afterEach(() => folder.remove());

  const open = (role: "gateway" | "operator" = "gateway"): OpenStore =>
    openStore(sqliteLimits({ file: folder.file }), role, 1000);
  function sentenceOf(run: () => unknown): string {
    try {
      run();
    } catch (thrown) {
      return asFailure(thrown, folder.file).message;
    }
    throw new Error("nothing was thrown");
  }

  it("tells the operator how many effects a stopped gateway left, and nothing at a clean start", () => {
    const first = open();
    claim(first.store, claimAsk({ key: "a" }), 1000);
    claim(first.store, claimAsk({ key: "b" }), 1000);
    claim(first.store, claimAsk({ key: "c", kind: "lock" }), 1000);
    first.close();
    const second = open();
    expect(second.remarks).toContain("Operations that a stopped gateway left running are in doubt now: 2.");
    second.close();
    const third = open();
    expect(third.remarks.join(" ")).not.toContain("in doubt");
    third.close();
  });

  it("as an operator makes nothing where there is no ledger", () => {
    expect(sentenceOf(() => open("operator"))).toContain(`There is no ledger at ${folder.file}`);
    expect(() => statSync(dirname(folder.file))).toThrow("ENOENT");
  });

  it("says of a file that is something else that it is no ledger", () => {
    mkdirSync(dirname(folder.file), { recursive: true });
    writeFileSync(folder.file, "hello ".repeat(1000));
    expect(sentenceOf(() => open())).toContain("is not a ledger, or is damaged");
  });

  it("finds damage where it does not look otherwise, and lets go of the lock", () => {
    const whole = open();
    put(whole.store, { tenant: "local", bytes: Buffer.from("body") }, 1000);
    const root = whole.store.connection.number("select rootpage from sqlite_schema where name = 'blobs'");
    const pageBytes = Number(whole.store.connection.pragma("page_size"));
    whole.close();
    const file = openSync(folder.file, "r+");
    writeSync(file, Buffer.alloc(64, 0xff), 0, 64, (root - 1) * pageBytes);
    closeSync(file);
    const sentence = sentenceOf(() => open());
    expect(sentence).toContain("is damaged");
    // The same again, not "another gateway": nothing is held after a failure.
    expect(sentenceOf(() => open())).toBe(sentence);
  });

  it("holds the lock until it is closed", () => {
    const first = open();
    expect(sentenceOf(() => open())).toContain("Another gateway");
    first.close();
    open().close();
  });
});
