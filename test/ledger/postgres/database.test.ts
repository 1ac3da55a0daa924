import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { LongstopError } from "../../../src/exchange/error.ts";
import { Database } from "../../../src/ledger/postgres/database.ts";
import { ConnectionLost } from "../../../src/ledger/postgres/failures.ts";
import { postgresLimits } from "../../../src/ledger/postgres/options.ts";
import { asSuperuser, urlOf } from "./server.ts";
import { sharedServer } from "./shared-server.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("a database", () => {
  let open: DatabaseUnderTest;
  let database: Database;
  beforeAll(async () => {
    open = await databaseUnderTest({ poolMax: 2 });
    database = open.database;
  });
  afterAll(() => open.close());

  const versions = (): Promise<number> => open.count("ledger where version = 99");
  const change = "update @ledger set version = 99";

  it("commits all of a transaction, or nothing of it", async () => {
    const failing = database.transaction(async (queries) => {
      await queries.run(change);
      throw new RangeError("not today");
    });
    await expect(failing).rejects.toThrow("not today");
    expect(await versions()).toBe(0);
    const swallowing = database.transaction(async (queries) => {
      await queries.run(change);
      await queries.run("select nothing from nowhere").catch(() => {});
    });
    // To the server that is no error: it rolls back, and says so.
    await expect(swallowing).rejects.toThrow("ended in ROLLBACK");
    expect(await versions()).toBe(0);
    await database.transaction((queries) => queries.run(change));
    expect(await versions()).toBe(1);
  });

  it("bounds inside each transaction how long it waits for a lock and how long it is idle", async () => {
    const settings =
      "select current_setting('lock_timeout') as lock, " +
      "current_setting('idle_in_transaction_session_timeout') as idle";
    const inside = await database.transaction((queries) => queries.one(settings));
    expect(inside).toEqual({ lock: "5s", idle: "10s" });
    // Nothing of it is left on the connection.
    expect(await database.alone.one(settings)).toEqual({ lock: "0", idle: "0" });
  });

  it("asks no more of the server at once than it may have connections", async () => {
    const pids = await Promise.all(
      Array.from({ length: 20 }, () => database.alone.one("select pg_backend_pid() as pid, pg_sleep(0.01)")),
    );
    expect(new Set(pids.map((row) => row?.["pid"])).size).toBe(2);
  });

  it("does a piece of work again where its connection was lost, and tells it", async () => {
    const tries: boolean[] = [];
    const told = await database.working(async (isRerun) => {
      tries.push(isRerun);
      if (isRerun) return "done";
      return database.transaction(async (queries) => {
        const row = await queries.one("select pg_backend_pid() as pid");
        await asSuperuser(open.server, `select pg_terminate_backend(${Number(row?.["pid"])})`);
        await queries.one("select 1");
        return "not reached";
      });
    });
    expect([told, tries]).toEqual(["done", [false, true]]);
  });

  it("does it again where the server undid it, and gives up what fails by itself", async () => {
    const undone = Object.assign(new Error("deadlock detected"), { code: "40P01", severity: "ERROR" });
    const work = vi.fn().mockRejectedValueOnce(undone).mockResolvedValueOnce("done");
    expect(await database.working(work)).toBe("done");
    const wrong = vi.fn(() => database.alone.one("select nothing from nowhere"));
    await expect(database.working(wrong)).rejects.toMatchObject({ code: "ledger_down" });
    const broken = vi.fn().mockRejectedValue(new TypeError("a fault of ours"));
    await expect(database.working(broken)).rejects.toMatchObject({ code: "internal" });
    expect([wrong, broken].map((one) => one.mock.calls.length)).toEqual([1, 1]);
  });

  it("tries again no work of which nothing can have been sent, and rests before it connects anew", async () => {
    let connected = 0;
    const refusing = createServer((socket) => {
      connected += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    const { port } = refusing.address() as AddressInfo;
    const url = `postgres://u:secret@127.0.0.1:${port}/x`;
    const nowhere = new Database(postgresLimits(url, { poolMax: 2 }));
    const work = vi.fn(() => nowhere.alone.one("select 1"));
    const failures = await Promise.allSettled(Array.from({ length: 50 }, () => nowhere.working(work)));
    const message = `The ledger longstop at 127.0.0.1:${port}/x cannot be reached.`;
    for (const failure of failures) {
      expect(failure).toMatchObject({ reason: { code: "ledger_down", message } });
    }
    expect(work).toHaveBeenCalledTimes(50);
    // One for each connection that may be, and then nobody for a while.
    expect(connected).toBe(2);
    await expect(nowhere.alone.one("select 1")).rejects.toThrow(ConnectionLost);
    await nowhere.close();
    refusing.close();
  });

  it("answers what was asked before it was closed, and nothing after", async () => {
    const closing = new Database(postgresLimits(urlOf(await sharedServer()), { poolMax: 1 }));
    const asked = [1, 2, 3].map((n) => closing.alone.one(`select ${n} as n`));
    const begun = asked[0];
    await begun;
    await closing.close();
    const settled = await Promise.allSettled(asked);
    const refused = settled.filter((each) => each.status === "rejected");
    expect(refused.every(({ reason }) => (reason as LongstopError).code === "ledger_down")).toBe(true);
    await expect(closing.alone.one("select 1")).rejects.toThrow("is closed");
    expect(() => closing.requireOpen()).toThrow("is closed");
    await closing.close();
  });

  it("reads whole numbers as numbers, and bytes as bytes", async () => {
    const row = await database.alone.one("select 1800000000000::bigint as ms, '\\x00ff'::bytea as bytes");
    expect(row).toEqual({ ms: 1_800_000_000_000, bytes: Buffer.from([0, 255]) });
  });
});
