import { existsSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteLedger } from "../../../src/ledger/sqlite/client.ts";
import { lockFile } from "../../../src/ledger/sqlite/lock.ts";
import { prepareFile } from "../../../src/ledger/sqlite/files.ts";
import { sqliteLimits } from "../../../src/ledger/sqlite/options.ts";
import { ledgerProcess } from "./child.ts";
import { ledgerFolder, portsOf } from "./under-test.ts";

describe("the lock on a ledger", () => {
  let folder: ReturnType<typeof ledgerFolder>;
  beforeEach(() => {
    folder = ledgerFolder();
  });
  afterEach(() => folder.remove());

  it("is had by one, until it is released", () => {
    const file = prepareFile(folder.file, [], () => {});
    const lock = lockFile(file);
    expect(() => lockFile(file)).toThrow(
      `Another gateway is using the ledger ${file}. Stop it, or give this one its own file (ledger.file).`,
    );
    lock.release();
    lockFile(file).release();
    expect(statSync(`${file}.lock`).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.lock-journal`)).toBe(false);
  });

  it("keeps a second gateway out, lets an operator in, and dies with its process", async () => {
    const limits = sqliteLimits({ file: folder.file });
    const open = (role: "gateway" | "operator") => SqliteLedger.open(limits, portsOf(role, Date.now));
    const first = ledgerProcess("hold", folder.file);
    await first.said(1);
    expect(first.lines).toEqual(["open"]);

    await expect(open("gateway")).rejects.toMatchObject({
      code: "ledger_down",
      message: expect.stringMatching(/Another gateway/),
    });
    const second = ledgerProcess("hold", folder.file);
    await second.said(1);
    expect(second.lines[0]).toContain(`failed Another gateway is using the ledger ${folder.file}`);
    await second.kill();

    const operator = await open("operator");
    expect(await operator.health()).toMatchObject({ ok: true });
    await operator.close();

    await first.kill();
    const next = await open("gateway");
    await next.close();
  });
});
