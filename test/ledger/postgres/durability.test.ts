import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database } from "../../../src/ledger/postgres/database.ts";
import { type Commits, durabilityGap, requireDurable } from "../../../src/ledger/postgres/durability.ts";
import { PostgresLedger } from "../../../src/ledger/postgres/client.ts";
import { postgresLimits } from "../../../src/ledger/postgres/options.ts";
import { effect } from "../../conformance/ledger/requests.ts";
import { portsOf } from "../sqlite/under-test.ts";
import { asSuperuser, type PostgresServer, startServer, urlOf } from "./server.ts";

const single: Commits = {
  fsync: "on",
  fullPageWrites: "on",
  synchronousCommit: "on",
  synchronousStandbyNames: "",
  standbys: 0,
};
const synchronous = { synchronousStandbyNames: "ANY 1 (*)", standbys: 1 };

describe("what a server may take back of what it committed", () => {
  it.each<[string, Partial<Commits>]>([
    ["is alone", {}],
    ["waits for standbys", synchronous],
    ["waits until they applied it", { ...synchronous, synchronousCommit: "remote_apply" }],
  ])("is nothing where it %s", (_what, change) => {
    expect(durabilityGap({ ...single, ...change })).toBeNull();
  });

  it.each<[Partial<Commits>, RegExp, boolean]>([
    [{ fsync: "off" }, /fsync is off/, false],
    [{ fullPageWrites: "off" }, /full_page_writes is off/, false],
    [{ synchronousCommit: "off" }, /a crash takes the last commits back/, true],
    [{ standbys: 1 }, /synchronous_standby_names is empty.*a failover/, true],
    [{ ...synchronous, synchronousCommit: "local" }, /synchronous_commit is local/, true],
  ])("is something with %o", (change, why, isAcceptable) => {
    const gap = durabilityGap({ ...single, ...change });
    expect(gap).toEqual({ why: expect.stringMatching(why), isAcceptable });
  });
});

describe("a server with a standby", () => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let database: Database;
  const role = "longstop_app";
  beforeAll(async () => {
    const first = await startServer({ keep: true });
    await asSuperuser(
      first.port,
      `create role ${role} login password 'x'`,
      "grant create on database postgres to public",
    );
    await first.stop();
    const copy = `${first.folder}-standby`;
    await promisify(execFile)("cp", ["-a", first.folder, copy]);
    await writeFile(`${copy}/data/standby.signal`, "");
    primary = await startServer({ copyOf: first.folder });
    const source = `host=127.0.0.1 port=${primary.port} user=postgres password=postgres application_name=s1`;
    standby = await startServer({ copyOf: copy, settings: { primary_conninfo: source } });
    // As an application's user finds it, who sees little of other sessions.
    database = new Database(postgresLimits(`postgres://${role}:x@127.0.0.1:${primary.port}/postgres`, {}));
    const streaming = "select 1 from pg_stat_replication where state = 'streaming'";
    while ((await asSuperuser(primary.port, streaming)).rowCount !== 1) await setTimeout(50);
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await standby.stop();
    await primary.stop();
    await rm(standby.folder, { recursive: true, force: true });
  });

  const set = async (name: string, value: string): Promise<void> => {
    await asSuperuser(primary.port, `alter system set ${name} = '${value}'`, "select pg_reload_conf()");
    const shown = `select 1 from pg_settings where name = '${name}' and setting = '${value}'`;
    await expect.poll(async () => (await asSuperuser(primary.port, shown)).rowCount).toBe(1);
  };

  it("that is asynchronous is refused, unless the operator takes it on, with a sentence for both", async () => {
    const reports: string[] = [];
    const report = (sentence: string): void => void reports.push(sentence);
    await expect(requireDurable(database, "strict", report)).rejects.toMatchObject({
      code: "ledger_down",
      message: expect.stringMatching(
        /is not durable: standbys follow it asynchronously .* ledger\.durability: accept-failover-loss\.$/,
      ),
    });
    await requireDurable(database, "accept-failover-loss", report);
    expect(reports).toEqual([expect.stringMatching(/not durable.*taken on/)]);
  });

  it("that is synchronous is taken, and one that is asked to commit without waiting is not", async () => {
    await set("synchronous_standby_names", "s1");
    await requireDurable(database, "strict", () => {});
    const limits = postgresLimits(`postgres://${role}:x@127.0.0.1:${primary.port}/postgres`, {});
    const ledger = await PostgresLedger.open(limits, portsOf("gateway", Date.now));
    expect((await ledger.claim(effect())).kind).toBe("won");
    await ledger.close();
    await asSuperuser(primary.port, `alter role ${role} set synchronous_commit = off`);
    await expect(PostgresLedger.open(limits, portsOf("gateway", Date.now))).rejects.toThrow(
      /synchronous_commit is off/,
    );
    await asSuperuser(primary.port, `alter role ${role} reset synchronous_commit`);
    await set("synchronous_standby_names", "");
  });

  it("is refused for a fault that no operator can take on", async () => {
    await set("full_page_writes", "off");
    await expect(requireDurable(database, "accept-failover-loss", () => {})).rejects.toThrow(
      /full_page_writes is off, so a crash can damage it\. Set it on\./,
    );
    await set("full_page_writes", "on");
  });

  it("is not the standby: that takes no writes", async () => {
    const limits = postgresLimits(urlOf(standby.port), {
      durability: "accept-failover-loss",
      schema: "none_yet",
    });
    await expect(PostgresLedger.open(limits, portsOf("gateway", Date.now))).rejects.toMatchObject({
      code: "ledger_down",
      message: expect.stringMatching(/takes no writes: it is a standby/),
    });
  });
});
