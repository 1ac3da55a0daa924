import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Loss } from "../../../src/exchange/loss.ts";
import { PostgresLedger } from "../../../src/ledger/postgres/client.ts";
import type { Database, Queries } from "../../../src/ledger/postgres/database.ts";
import { Generation } from "../../../src/ledger/postgres/generation.ts";
import { postgresLimits, type PostgresOptions } from "../../../src/ledger/postgres/options.ts";
import { readWitness } from "../../../src/ledger/witness.ts";
import { effect } from "../../conformance/ledger/requests.ts";
import { portsOf } from "../sqlite/under-test.ts";
import { type Relay, startRelay } from "./relay.ts";
import { asSuperuser, type PostgresServer, startServer, urlOf } from "./server.ts";
import { sharedServer } from "./shared-server.ts";
import { databaseUnderTest, freshSchema } from "./under-test.ts";

const unconfirmed = { code: "ledger_unconfirmed", retryAfterSeconds: 60 };
const fact = { tenant: "a", subject: "s", kind: "k", value: 1 };
const copyFolder = (from: string, to: string): Promise<unknown> =>
  promisify(execFile)("cp", ["-a", from, to]);

let folder: string;
let ledgers: PostgresLedger[];
let reports: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longstop-generation-"));
  ledgers = [];
  reports = [];
});
afterEach(async () => {
  for (const ledger of ledgers) await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

async function openAt(
  url: string,
  options: Partial<PostgresOptions> = {},
  role: "gateway" | "operator" = "gateway",
): Promise<PostgresLedger> {
  const ledger = await PostgresLedger.open(postgresLimits(url, options), portsOf(role, Date.now, reports));
  ledgers.push(ledger);
  return ledger;
}
const lossOf = async (ledger: PostgresLedger): Promise<Loss["why"] | null> =>
  (await ledger.health()).loss?.why ?? null;

describe("the files of a PostgreSQL server that were put back", () => {
  let servers: PostgresServer[];
  let relay: Relay;
  beforeEach(async () => {
    servers = [];
    const first = await startServer({ keep: true });
    relay = await startRelay(first.port);
    servers.push(first);
  }, 60_000);
  afterEach(async () => {
    relay.close();
    for (const { stop, folder: data } of servers) {
      await stop();
      await rm(data, { recursive: true, force: true });
    }
  }, 60_000);

  /** Stops the newest server, and turns to one on these files. */
  async function goOnWith(copyOf: string): Promise<void> {
    await servers.at(-1)?.stop();
    const server = await startServer({ copyOf, keep: true });
    servers.push(server);
    await turnTo(server);
  }

  async function turnTo({ port }: PostgresServer): Promise<void> {
    relay.turnTo(port);
    // A count that met no server meanwhile makes the ledger rest half a second.
    await sleep(600);
  }

  it("are noticed by who ran meanwhile, and by a witness file, until that is confirmed", async () => {
    const original = servers[0]?.folder ?? "";
    const witnessFile = join(folder, "witness");
    const running = await openAt(urlOf(relay.port));
    await running.claim(effect({ key: "before" }));
    await running.sweep();
    await servers[0]?.stop();
    for (const name of [".1", ".2"]) await copyFolder(original, original + name);
    // The same server again is no loss.
    await goOnWith(original);
    expect((await running.claim(effect({ key: "paid" }))).kind).toBe("won");
    await running.sweep();
    const witnessed = await openAt(urlOf(relay.port), { witnessFile });
    await witnessed.close();

    await goOnWith(`${original}.1`);
    // Executed already, and unknown here.
    await expect(running.claim(effect({ key: "paid" }))).rejects.toMatchObject(unconfirmed);
    await expect(running.append([fact])).rejects.toMatchObject(unconfirmed);
    expect(await lossOf(running)).toBe("older");
    expect((await running.health()).ok).toBe(false);
    const keys = await asSuperuser(servers.at(-1)?.port ?? 0, "select key from longstop.claims");
    expect(keys.rows).toEqual([{ key: "before" }]);
    // One that saw nothing before is told by the ledger.
    const fresh = await openAt(urlOf(relay.port));
    await expect(fresh.claim(effect({ key: "paid" }))).rejects.toMatchObject(unconfirmed);
    const operator = await openAt(urlOf(relay.port), {}, "operator");
    const by = { user: "ada", reason: "disk failed" };
    expect(await operator.confirm(by)).toMatchObject({ why: "older" });
    expect(await operator.confirm(by)).toBeNull();
    for (const ledger of [running, fresh]) {
      expect((await ledger.claim(effect({ key: `by ${ledgers.indexOf(ledger)}` }))).kind).toBe("won");
      await ledger.sweep();
      expect(await lossOf(ledger)).toBeNull();
      await ledger.append([fact]);
    }
    expect(await operator.facts("-", "tenant", "ledger-confirmed")).toMatchObject([
      { value: { ...by, loss: { why: "older" } } },
    ]);
    for (const ledger of ledgers) await ledger.close();

    await goOnWith(`${original}.2`);
    const said = readWitness(witnessFile);
    const restarted = await openAt(urlOf(relay.port), { witnessFile });
    expect(await lossOf(restarted)).toBe("older");
    expect(reports.at(-1)).toMatch(/is older than it was: .* longstop ledger confirm/);
    await expect(restarted.claim(effect())).rejects.toMatchObject(unconfirmed);
    await restarted.sweep();
    // The file is the evidence, and stays as it is until then.
    expect(readWitness(witnessFile)).toEqual(said);
    await restarted.confirm(by);
    expect((await restarted.claim(effect())).kind).toBe("won");
    expect(readWitness(witnessFile)?.identity).not.toBe(said?.identity);
  }, 120_000);

  it("are not seen in a failover that lost nothing, nor in a crash", async () => {
    const [primary] = servers as [PostgresServer];
    const witnessFile = join(folder, "witness");
    const ledger = await openAt(urlOf(relay.port), { witnessFile });
    await ledger.claim(effect({ key: "paid" }));
    const crash = async (): Promise<void> => {
      const backends = `select pid from pg_stat_activity where application_name = 'longstop'`;
      const { rows } = await asSuperuser(servers.at(-1)?.port ?? 0, backends);
      // One backend that is killed makes the server recover as from a crash.
      process.kill((rows as readonly { readonly pid: number }[])[0]?.pid ?? 0, "SIGKILL");
    };
    await crash();
    await expect.poll(async () => (await ledger.health()).ok, { timeout: 20_000 }).toBe(true);
    expect((await ledger.claim(effect({ key: "after" }))).kind).toBe("won");
    await ledger.close();

    await primary.stop();
    await copyFolder(primary.folder, `${primary.folder}.s`);
    await writeFile(`${primary.folder}.s/data/standby.signal`, "");
    const again = await startServer({
      copyOf: primary.folder,
      keep: true,
      settings: { synchronous_standby_names: "s1", synchronous_commit: "remote_apply" },
    });
    const source = `host=127.0.0.1 port=${again.port} user=postgres password=postgres application_name=s1`;
    const standby = await startServer({
      copyOf: `${primary.folder}.s`,
      keep: true,
      settings: { primary_conninfo: source },
    });
    servers.push(standby, again);
    await turnTo(again);
    const followed = await openAt(urlOf(relay.port), { witnessFile });
    await followed.claim(effect({ key: "replicated", occurrence: 1 }));
    await followed.sweep();
    await again.stop();
    await asSuperuser(standby.port, "select pg_promote()");
    await turnTo(standby);
    const { rows } = await asSuperuser(
      standby.port,
      "checkpoint",
      "select timeline_id from pg_control_checkpoint()",
    );
    expect(rows).toEqual([{ timeline_id: 2 }]);
    expect(await followed.claim(effect({ key: "replicated", occurrence: 1 }))).toMatchObject({ kind: "met" });
    expect((await followed.claim(effect({ key: "next" }))).kind).toBe("won");
    expect(await lossOf(followed)).toBeNull();
    await followed.close();
    expect(await lossOf(await openAt(urlOf(relay.port), { witnessFile }))).toBeNull();
    expect(reports).toEqual([]);
  }, 120_000);
});

describe("a PostgreSQL ledger in a database of its own", () => {
  let server: number;
  let name: string;
  let made: string[];
  const urlIn = (database: string): string => urlOf(server).replace(/postgres$/, database);
  beforeEach(async () => {
    server = await sharedServer();
    name = freshSchema();
    made = [name];
    await asSuperuser(server, `create database ${name}`);
  });
  afterEach(async () => {
    for (const ledger of ledgers) await ledger.close();
    for (const one of made) await asSuperuser(server, `drop database if exists ${one} with (force)`);
  });

  it("is noticed as a copy in another database, and not where it was", async () => {
    const ledger = await openAt(urlIn(name));
    await ledger.claim(effect());
    await ledger.close();
    made.push(`${name}_copy`);
    await asSuperuser(server, `create database ${name}_copy template ${name}`);
    const copy = await openAt(urlIn(`${name}_copy`));
    expect(await lossOf(copy)).toBe("copied");
    await expect(copy.claim(effect())).rejects.toMatchObject(unconfirmed);
    expect(await copy.confirm({ user: "ada", reason: null })).toMatchObject({ why: "copied" });
    expect((await copy.claim(effect({ key: "new" }))).kind).toBe("won");
    await copy.close();
    for (const one of [name, `${name}_copy`]) expect(await lossOf(await openAt(urlIn(one)))).toBeNull();
  });

  it("is noticed as a copy where its rows were read into new tables of the same database", async () => {
    const first = await openAt(urlIn(name));
    await first.claim(effect({ key: "dumped" }));
    await first.close();
    await openAt(urlIn(name), { schema: "restored" });
    // What a dump keeps: the rows, and neither tables nor their numbers.
    await ledgers.at(-1)?.close();
    await asDatabase(
      "truncate restored.generation, restored.claims cascade",
      "insert into restored.generation select * from longstop.generation",
      "insert into restored.claims overriding system value select * from longstop.claims",
    );
    const restored = await openAt(urlIn(name), { schema: "restored" });
    expect(await lossOf(restored)).toBe("copied");
    expect(reports.at(-1)).toMatch(/is a copy, such as a restored dump/);
    await restored.close();
  });

  it("is noticed as a copy in another server", async () => {
    await (await openAt(urlIn(name))).close();
    await asDatabase("update longstop.generation set system = '1'");
    expect(await lossOf(await openAt(urlIn(name)))).toBe("copied");
  });

  it("is noticed where another one stands in its place", async () => {
    const witnessFile = join(folder, "witness");
    const options = { witnessFile };
    await (await openAt(urlIn(name), options)).close();
    const other = await openAt(urlIn(name), { ...options, schema: "other" });
    expect(await lossOf(other)).toBe("other");
    await other.confirm({ user: "ada", reason: null });
    await other.close();
    expect(await lossOf(await openAt(urlIn(name), { ...options, schema: "other" }))).toBeNull();
  });

  it("loses nothing where gateways start together, sweep at once and vanish", async () => {
    const open = (): Promise<PostgresLedger> => openAt(urlIn(name));
    const together = await Promise.all(Array.from({ length: 5 }, open));
    const work = async (ledger: PostgresLedger, each: number): Promise<void> => {
      for (let turn = 0; turn < 5; turn += 1) {
        await Promise.all([
          ledger.claim(effect({ key: `${each}/${turn}` })),
          ledger.sweep(),
          ledger.append([fact]),
          ledger.health(),
          ledger.sweep(),
        ]);
      }
    };
    await Promise.all([...together.map(work), open(), open()]);
    expect(await Promise.all(ledgers.map(lossOf))).toEqual(Array.from({ length: 7 }, () => null));
    expect(reports).toEqual([]);
  });

  it("counts soon after something was recorded, without a sweep, and no settlement waits for a loss", async () => {
    const ledger = await openAt(urlIn(name));
    const ticks = async (): Promise<unknown> =>
      (await asDatabase("select ticks from longstop.generation")).rows;
    expect(await ticks()).toEqual([{ ticks: "1" }]);
    await sleep(1200);
    expect(await ticks()).toEqual([{ ticks: "1" }]);
    const won = await ledger.claim(effect());
    await expect.poll(ticks, { timeout: 5000 }).toEqual([{ ticks: "2" }]);
    await asDatabase("update longstop.generation set ticks = 1");
    await expect(ledger.claim(effect({ key: "other" }))).rejects.toMatchObject(unconfirmed);
    expect(await ledger.settle(won.record, { state: "in-doubt" })).toMatchObject({ applied: true });
    const done = await ledger.settle(won.record, { state: "resolved-done" });
    expect(done).toMatchObject({ applied: true, record: { state: "resolved-done" } });
  });

  it("goes on where the server's identifier is not to be read, and says so", async () => {
    await asDatabase("revoke execute on function pg_control_system() from public");
    await asSuperuser(server, `create role ${name} login password 'x'`);
    await asDatabase(`grant create on database ${name} to ${name}`);
    const url = urlIn(name).replace("postgres:postgres", `${name}:x`);
    const ledger = await openAt(url);
    expect(reports).toEqual([expect.stringMatching(/does not let this user call pg_control_system\(\)/)]);
    await ledger.claim(effect());
    await ledger.sweep();
    expect(await lossOf(ledger)).toBeNull();
    expect(await ledger.confirm({ user: "ada", reason: null })).toBeNull();
    await ledger.close();
    await asDatabase(`drop owned by ${name}`);
    await asSuperuser(server, `drop role ${name}`);
  });

  it("goes on where the witness file cannot be written, and says so; not where it cannot be read", async () => {
    const ledger = await openAt(urlIn(name), { witnessFile: join(folder, "none", "witness") });
    expect(await ledger.health()).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/cannot be written/),
    });
    expect(reports).toEqual([expect.stringMatching(/witness cannot be written/)]);
    await expect(openAt(urlIn(name), { witnessFile: folder })).rejects.toMatchObject({
      code: "ledger_down",
      message: expect.stringMatching(/\(ledger\.witnessFile\) cannot be read/),
    });
  });

  async function asDatabase(...statements: readonly string[]): ReturnType<typeof asSuperuser> {
    const client = new Client({ connectionString: urlIn(name) });
    await client.connect();
    try {
      let result = await client.query("select 1");
      for (const statement of statements) result = await client.query(statement);
      return result;
    } finally {
      await client.end();
    }
  }
});

describe("what was seen of a PostgreSQL ledger", () => {
  it("is compared as it was when it was asked: a late answer is no loss", async () => {
    const open = await databaseUnderTest();
    const { promise: later, resolve: answer } = Promise.withResolvers<void>();
    let isLate = false;
    const alone: Queries = {
      ...open.database.alone,
      one: async (sql, values) => {
        const row = await open.database.alone.one(sql, values);
        if (isLate && sql.includes("is_elsewhere")) {
          isLate = false;
          await later;
        }
        return row;
      },
    };
    const database = { place: open.database.place, alone } as unknown as Database;
    const generation = await Generation.open(database, null, () => {});
    await generation.tick();
    isLate = true;
    const looked = generation.look();
    await expect.poll(() => isLate).toBe(false);
    await generation.tick();
    answer();
    await looked;
    expect(generation.loss).toBeNull();
    // Nor does the late answer take back what was seen since.
    expect(await generation.guarded(async (reached) => reached)).toBe(2);
    await open.close();
  });
});
