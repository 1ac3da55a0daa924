import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { SqliteLedger } from "../../../src/ledger/sqlite/client.ts";
import { sqliteLimits } from "../../../src/ledger/sqlite/options.ts";
import { openStore } from "../../../src/ledger/sqlite/opening.ts";
import { runBatch } from "../../../src/ledger/sqlite/batch.ts";
import { readWitness, witnessPath } from "../../../src/ledger/witness.ts";
import type { LedgerPorts } from "../../../src/ledger/ledger-store.ts";
import { effect, win } from "../../conformance/ledger/requests.ts";
import { ask } from "./asking.ts";
import { ledgerProcess } from "./child.ts";
import { ledgerFolder, portsOf } from "./under-test.ts";

let folder: ReturnType<typeof ledgerFolder>;
let reports: string[];
const clock = { nowMs: Date.UTC(2027, 0, 1) };
beforeEach(() => {
  folder = ledgerFolder();
  reports = [];
});
afterEach(() => folder.remove());

function open(role: LedgerPorts["role"] = "gateway"): Promise<SqliteLedger> {
  return SqliteLedger.open(
    sqliteLimits({ file: folder.file }),
    portsOf(role, () => clock.nowMs, reports),
  );
}

/** Opens, uses, closes. */
async function using<T>(use: (ledger: SqliteLedger) => Promise<T>, role?: LedgerPorts["role"]): Promise<T> {
  const ledger = await open(role);
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}

const lossAtOpening = async (): Promise<string | null> =>
  using(async (ledger) => (await ledger.health()).loss?.why ?? null);

const copy = (): string => `${folder.file}.copy`;
/** A backup as operators make it, also while a gateway writes. */
function backUp(): void {
  rmSync(copy(), { force: true });
  const database = new DatabaseSync(folder.file, { timeout: 5000 });
  database.exec(`VACUUM INTO '${copy()}'`);
  database.close();
}
function restore(from = copy()): void {
  for (const name of ["", "-wal", "-shm"]) rmSync(folder.file + name, { force: true });
  copyFileSync(from, folder.file);
}
function edit(sql: string): void {
  const database = new DatabaseSync(folder.file);
  database.exec(sql);
  database.close();
}

async function refusal(asked: Promise<unknown>): Promise<LongstopError> {
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  if (!(error instanceof LongstopError)) throw new Error("nothing was refused");
  return error;
}

describe("a backup that was put back", () => {
  it("is noticed where a single commit is lost, and says from when to when", async () => {
    await using((ledger) => win(ledger, { key: "kept" }));
    backUp();
    clock.nowMs += 3_600_000;
    await using((ledger) => win(ledger, { key: "lost" }));
    restore();
    await using(async (ledger) => {
      const { ok, detail, loss } = await ledger.health();
      expect(ok).toBe(false);
      expect(loss).toEqual({ why: "older", fromMs: clock.nowMs - 3_600_000, toMs: clock.nowMs });
      expect(detail).toContain("longstop ledger confirm");
      expect(reports.join()).toContain("is older than it was");
      for (const asked of [
        ledger.claim(effect({ key: "lost" })),
        ledger.append([{ tenant: "local", subject: "run:r", kind: "k", value: 1 }]),
      ]) {
        expect(await refusal(asked)).toMatchObject({ code: "ledger_unconfirmed", retryAfterSeconds: 60 });
      }
      // What it still knows can be looked at.
      expect((await ledger.listClaims({ limit: 5 })).map(({ key }) => key)).toEqual(["kept"]);
    });
    // Nobody confirmed, so nothing changes by starting again, as often as it may be.
    for (let each = 0; each < 3; each += 1) expect(await lossAtOpening()).toBe("older");
  });

  it("is noticed also where only the epoch of a known operation is lost", async () => {
    await using(async (ledger) => {
      const record = await win(ledger);
      await ledger.settle(record, { state: "declined" });
      backUp();
      const again = await ledger.claim(effect({ occurrence: record.occurrence }));
      expect(again).toMatchObject({ kind: "won", record: { epoch: 2 } });
    });
    restore();
    expect(await lossAtOpening()).toBe("older");
  });

  it("is fine where nothing was recorded since, and where the right file is put back", async () => {
    await using((ledger) => win(ledger));
    backUp();
    restore();
    expect(await lossAtOpening()).toBeNull();
    backUp();
    await using((ledger) => win(ledger, { key: "next" }));
    copyFileSync(folder.file, `${folder.file}.newest`);
    restore();
    expect(await lossAtOpening()).toBe("older");
    restore(`${folder.file}.newest`);
    expect(await lossAtOpening()).toBeNull();
  });

  it("is noticed by a ledger that is gone, and one that came alone", async () => {
    await using((ledger) => win(ledger));
    backUp();
    for (const name of ["", "-wal", "-shm"]) rmSync(folder.file + name, { force: true });
    expect(await lossAtOpening()).toBe("other");
    restore();
    rmSync(witnessPath(folder.file));
    expect(await lossAtOpening()).toBe("unwitnessed");
    writeFileSync(witnessPath(folder.file), "nonsense");
    restore();
    expect(await lossAtOpening()).toBe("unwitnessed");
  });

  it("is relied on again once an operator confirms beside the running gateway, with an audit", async () => {
    await using((ledger) => win(ledger, { key: "kept" }));
    backUp();
    await using((ledger) => win(ledger, { key: "lost" }));
    copyFileSync(folder.file, `${folder.file}.newest`);
    restore();
    await using(async (gateway) => {
      await refusal(gateway.claim(effect({ key: "lost" })));
      const by = { user: "ada", reason: "the disk failed" };
      const loss = await using((operator) => operator.confirm(by), "operator");
      expect(loss?.why).toBe("older");
      expect((await gateway.health()).ok).toBe(true);
      expect((await gateway.claim(effect({ key: "lost" }))).kind).toBe("won");
      const [fact] = await gateway.facts("-", "tenant", "ledger-confirmed");
      expect(fact?.value).toEqual({ ...by, loss });
      expect(await gateway.confirm(by)).toBeNull();
    });
    expect(await lossAtOpening()).toBeNull();
    // The confirmed history is the one now: what was before it is old, however much it had recorded.
    restore(`${folder.file}.newest`);
    expect(await lossAtOpening()).toBe("older");
  });

  it.each(["other", "unwitnessed"] as const)("is confirmed for good also where it is %s", async (why) => {
    await using((ledger) => win(ledger));
    if (why === "other") rmSync(folder.file);
    else rmSync(witnessPath(folder.file));
    expect(await lossAtOpening()).toBe(why);
    await using((operator) => operator.confirm({ user: "ada", reason: null }), "operator");
    for (let each = 0; each < 2; each += 1) expect(await lossAtOpening()).toBeNull();
    await using((ledger) => win(ledger, { key: "next" }));
    expect(existsSync(witnessPath(folder.file))).toBe(true);
  });
});

describe("what a crash leaves is no loss", () => {
  /** The states between the steps of an opening, a commit and a confirmation, made by hand. */
  it.each([
    ["after the new generation, before the file", "update generation set generation = generation + 1"],
    ["after a commit, before the file", "update generation set ticks = ticks + 1"],
    ["after the file was made, before it was noted", "update generation set witnessed = 0"],
  ])("%s", async (_when, sql) => {
    await using((ledger) => win(ledger));
    edit(sql);
    expect(await lossAtOpening()).toBeNull();
  });

  it("before the first file is made, or where it was cut", async () => {
    await using(async () => {});
    edit("update generation set witnessed = 0");
    rmSync(witnessPath(folder.file));
    expect(await lossAtOpening()).toBeNull();
    edit("update generation set witnessed = 0");
    writeFileSync(witnessPath(folder.file), readFileSync(witnessPath(folder.file)).subarray(0, 100));
    expect(await lossAtOpening()).toBeNull();
  });

  it("also of a ledger from before there was such a file", async () => {
    await using((ledger) => win(ledger));
    edit("drop table generation; PRAGMA user_version = 3");
    rmSync(witnessPath(folder.file));
    expect(await lossAtOpening()).toBeNull();
    // The same file once it is put back beside what was written since.
    edit("drop table generation; PRAGMA user_version = 3");
    expect(await lossAtOpening()).toBe("other");
  });

  it("also where a commit failed: the file never says more than the database", async () => {
    const opened = openStore(sqliteLimits({ file: folder.file }), "gateway", 1000);
    const { connection } = opened.store;
    const ticks = (): number => connection.number("select ticks from generation");
    const put = ask("put", { tenant: "local", bytes: new Uint8Array(5) });
    runBatch(opened.store, [put]);
    expect(readWitness(witnessPath(folder.file))?.ticks).toBe(ticks());
    const run = connection.run.bind(connection);
    connection.run = (sql, values) => {
      if (sql === "COMMIT") throw new Error("the power failed");
      return run(sql, values);
    };
    const [reply] = runBatch(opened.store, [put]);
    expect(reply).toHaveProperty("failure");
    expect(readWitness(witnessPath(folder.file))?.ticks).toBe(ticks());
    connection.run = run;
    opened.close();
    expect(await lossAtOpening()).toBeNull();
  });

  it("is what kill -9 leaves, whenever it comes", { timeout: 120_000 }, async () => {
    for (const waitMs of [0, 150, 300, 450, 600, 900]) {
      const child = ledgerProcess("hammer", folder.file);
      await sleep(waitMs);
      await child.kill();
      expect(await lossAtOpening()).toBeNull();
    }
    for (const lines of [1, 2, 3, 17, 60, 230]) {
      const child = ledgerProcess("hammer", folder.file);
      await child.said(lines);
      await child.kill();
      expect(await lossAtOpening()).toBeNull();
    }
  });
});

it("notices a copy of a running ledger that is put back after kill -9", { timeout: 60_000 }, async () => {
  const child = ledgerProcess("hammer", folder.file);
  await child.said(40);
  backUp();
  const known = child.lines.length;
  await child.said(known + 40);
  await child.kill();
  restore();
  expect(await lossAtOpening()).toBe("older");
});
