import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Relay, startRelay } from "../ledger/postgres/relay.ts";
import { asSuperuser, urlOf } from "../ledger/postgres/server.ts";
import { sharedServer } from "../ledger/postgres/shared-server.ts";
import { freshSchema } from "../ledger/postgres/under-test.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";
import { startRawUpstream, type RawUpstream } from "../robustness/support/raw-upstream.ts";
import { codeIn, speakers } from "../robustness/support/speakers.ts";

const program = join(import.meta.dirname, "../../longstop.mjs");
const json = { "content-type": "application/json" };
const [chat] = speakers.filter(({ name }) => name === "openai-chat") as [(typeof speakers)[number]];

let folder: string;
let server: number;
let database: string;
let relay: Relay;
let upstream: RawUpstream;
let gateways: RunningGateway[];
let charges = 0;
beforeEach(async () => {
  server = await sharedServer();
  database = freshSchema();
  await asSuperuser(server, `create database ${database}`);
  relay = await startRelay(server);
  folder = await mkdtemp(join(tmpdir(), "longstop-restored-"));
  await writeFile(join(folder, "url"), urlOf(relay.port).replace(/postgres$/, database));
  charges = 0;
  gateways = [];
  upstream = await startRawUpstream(({ path, outgoing }) => {
    if (path === "/charges") charges += 1;
    outgoing.writeHead(200, json).end(path === "/charges" ? '{"paid":1}' : chat.whole);
  });
});
afterEach(async () => {
  for (const gateway of gateways) await gateway.stop();
  relay.close();
  await upstream.close();
  for (const name of [database, `${database}_backup`, `${database}_lost`]) {
    await asSuperuser(server, `drop database if exists ${name} with (force)`);
  }
  await rm(folder, { recursive: true, force: true });
});

const ledger = (): object => ({ kind: "postgres", url: { file: join(folder, "url") } });
async function start(): Promise<RunningGateway> {
  const tools = { pay: { url: upstream.url } };
  const upstreams = { openai: { url: upstream.url } };
  const gateway = await startTestGateway({ upstreams, tools, ledger: ledger() });
  gateways.push(gateway);
  return gateway;
}
const charge = ({ url }: RunningGateway, attempt: string): Promise<Response> =>
  fetch(`${url}/run/r1/attempt/${attempt}/tools/pay/charges`, { method: "POST", headers: json, body: "{}" });
const readiness = async ({ url }: RunningGateway): Promise<unknown> => {
  const ready = await fetch(`${url}/-/ready`);
  return [ready.status, ready.status === 200 ? null : await ready.json()];
};

it(
  "after a PostgreSQL ledger was put back under running gateways no effect runs until longstop ledger confirm",
  { timeout: 60_000 },
  async () => {
    const [one, two] = [await start(), await start()];
    // Nobody may be in a database that is copied, or that gets another name.
    const exchange = async (...statements: readonly string[]): Promise<void> => {
      relay.turnTo(1);
      const others = `select pg_terminate_backend(pid) from pg_stat_activity where datname like '${database}%'`;
      await asSuperuser(server, others, ...statements);
      relay.turnTo(server);
    };
    await exchange(`create database ${database}_backup template ${database}`);
    await expect.poll(() => readiness(one), { timeout: 10_000 }).toEqual([200, null]);
    expect((await charge(one, "a")).status).toBe(200);
    // Past the second after which the count is raised.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await exchange(
      `alter database ${database} rename to ${database}_lost`,
      `alter database ${database}_backup rename to ${database}`,
    );
    // Executed before, and unknown to this ledger: the retry must not run it again, wherever it comes.
    await expect.poll(async () => codeIn(await (await charge(one, "b")).text())).toBe("ledger_unconfirmed");
    await expect.poll(async () => codeIn(await (await charge(two, "b")).text())).toBe("ledger_unconfirmed");
    expect(charges).toBe(1);
    for (const gateway of [one, two]) {
      expect(await readiness(gateway)).toEqual([
        503,
        {
          status: "ledger unconfirmed",
          ledger: expect.stringMatching(/is older than it was: .* longstop ledger confirm/) as string,
        },
      ]);
    }
    const turn = await fetch(`${one.url}/run/r1${chat.wholePath}`, {
      method: "POST",
      headers: chat.headers,
      body: chat.wholeBody("Weather in Paris?"),
    });
    expect([turn.status, await turn.text()]).toEqual([200, chat.whole]);

    await writeFile(join(folder, "longstop.yaml"), JSON.stringify({ ledger: ledger() }));
    const confirmed = await confirm();
    expect(confirmed.out).toMatch(/entries up to \d{4}-.*sent to its tool again/s);
    expect(confirmed.code).toBe(0);
    for (const gateway of [one, two]) expect(await readiness(gateway)).toEqual([200, null]);
    expect((await charge(one, "c")).status).toBe(200);
    expect((await charge(two, "d")).headers.get("idempotent-replayed")).toBe("true");
    expect(charges).toBe(2);
  },
);

async function confirm(): Promise<{ readonly code: number | null; readonly out: string }> {
  const config = join(folder, "longstop.yaml");
  const child = spawn(process.execPath, [program, "ledger", "confirm", "--config", config], { cwd: folder });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (out += String(text)));
  const code = await new Promise<number | null>((done) => child.once("close", done));
  return { code, out };
}
