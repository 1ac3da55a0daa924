import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { stringify } from "yaml";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startRawUpstream, type RawUpstream } from "../robustness/support/raw-upstream.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

const program = join(import.meta.dirname, "../../longstop.mjs");
const secret = "iban-DE02120300000000202051";
/** More than one blob holds, so that the answer is in pieces. */
const answer = JSON.stringify({ paid: secret.repeat(20_000) });

/** Several processes are started, one after the other. */
const slow = { timeout: 60_000 };

let folder: string;
let tool: RawUpstream;
let gateway: RunningGateway | null = null;
let calls = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longstop-sealed-"));
  calls = 0;
  tool = await startRawUpstream(({ outgoing }) => {
    calls += 1;
    outgoing.writeHead(200, { "content-type": "application/json" }).end(answer);
  });
});
afterEach(async () => {
  await gateway?.stop();
  gateway = null;
  await tool.close();
  await rm(folder, { recursive: true, force: true });
});

async function newKey(name: string): Promise<{ readonly file: string }> {
  const file = join(folder, name);
  await writeFile(file, `${randomBytes(32).toString("base64")}\n`);
  return { file };
}

const written = (encryption?: object): Readonly<Record<string, unknown>> => ({
  tools: { pay: { url: tool.url } },
  ledger: {
    kind: "sqlite",
    file: join(folder, "ledger.db"),
    ...(encryption === undefined ? {} : { encryption }),
  },
});

/** The same call of the same run, by a later attempt: what was recorded is given again. */
async function pay(attempt: string): Promise<Response> {
  return fetch(`${gateway?.url}/run/r1/attempt/${attempt}/tools/pay/charges`, { method: "POST", body: "{}" });
}

async function onDisk(text: string): Promise<boolean> {
  const files = ["ledger.db", "ledger.db-wal"].map((name) =>
    readFile(join(folder, name)).catch(() => Buffer.alloc(0)),
  );
  return (await Promise.all(files)).some((bytes) => bytes.includes(text));
}

it("replays what it sealed, over restarts and with another first key, and never shows it on disk", async () => {
  const key = await newKey("one");
  gateway = await startTestGateway(written({ key }));
  expect(await (await pay("a")).text()).toBe(answer);
  expect(await onDisk("iban-")).toBe(false);
  gateway = await gateway.restartWith(written({ key: await newKey("two"), previous: [key] }));
  const again = await pay("b");
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  expect(await again.text()).toBe(answer);
  expect(calls).toBe(1);
});

it("refuses what it cannot open, says so, and calls the tool no second time", async () => {
  gateway = await startTestGateway(written({ key: await newKey("one") }));
  await pay("a");
  for (const [attempt, other] of [
    ["b", written({ key: await newKey("two") })],
    ["c", written()],
  ] as const) {
    gateway = await gateway.restartWith(other);
    const refused = await pay(attempt);
    expect(refused.status).toBe(400);
    expect(refused.headers.get("x-should-retry")).toBe("false");
    const said = (await refused.json()) as { code: string; detail: string; operation: string };
    expect(said).toMatchObject({ code: "answer_unreadable", operation: expect.any(String) as string });
    expect(said.detail).toMatch(/^The operation was executed\. .*ledger\.encryption.*not be executed again/);
  }
  expect(calls).toBe(1);
});

it("reads what was recorded before sealing was switched on", async () => {
  gateway = await startTestGateway(written());
  await pay("a");
  expect(await onDisk("iban-")).toBe(true);
  gateway = await gateway.restartWith(written({ key: await newKey("one") }));
  expect(await (await pay("b")).text()).toBe(answer);
  expect(calls).toBe(1);
});

it(
  "seals the answer that an operator hands over, and asks for the key where it is not set",
  slow,
  async () => {
    tool.serve = ({ outgoing }) => void outgoing.destroy();
    const key = randomBytes(32).toString("hex");
    const config = join(folder, "longstop.yaml");
    await writeFile(config, stringify(written({ key: { env: "LONGSTOP_TEST_LEDGER_KEY" } })));
    const keyFile = join(folder, "key");
    await writeFile(keyFile, key);
    gateway = await startTestGateway(written({ key: { file: keyFile } }));
    const doubt = (await (await pay("a")).json()) as { operation: string };
    const handed = join(folder, "answer.json");
    await writeFile(handed, JSON.stringify({ status: 201, headers: {}, body: secret }));
    const resolve = ["resolve", doubt.operation, "--done", handed, "--config", config];

    const unset = await run(resolve, {});
    expect(unset.code).toBe(1);
    expect(unset.out).toContain("ledger.encryption");
    expect((await run(["effects", "--in-doubt", "--config", config], {})).out).toContain(doubt.operation);
    expect((await run(resolve, { LONGSTOP_TEST_LEDGER_KEY: key })).code).toBe(0);
    expect(await onDisk("iban-")).toBe(false);
    const replayed = await pay("b");
    expect([replayed.status, await replayed.text()]).toEqual([201, secret]);
  },
);

it("is found wanting by longstop check, and shows no key there, in explain or in the log", slow, async () => {
  const config = join(folder, "longstop.yaml");
  await writeFile(config, stringify(written({ key: { env: "LONGSTOP_TEST_LEDGER_KEY" } })));
  const missing = await run(["check", config], {});
  expect(missing.code).toBe(2);
  expect(missing.out).toContain("no variable LONGSTOP_TEST_LEDGER_KEY");
  const wrong = await run(["check", config], { LONGSTOP_TEST_LEDGER_KEY: "hunter2hunter2" });
  expect(wrong.code).toBe(2);
  expect(wrong.out).toContain("openssl rand -base64 32");
  expect(wrong.out).not.toContain("hunter2");
  const key = randomBytes(32).toString("hex");
  const explained = await run(["explain", config], { LONGSTOP_TEST_LEDGER_KEY: key });
  expect(explained.out).toContain(
    "sealed with AES-256-GCM, the key in the variable LONGSTOP_TEST_LEDGER_KEY",
  );
  expect(explained.out).not.toContain(key);
  gateway = await startTestGateway(written({ key: await newKey("one") }));
  await pay("a");
  expect(JSON.stringify(gateway.logged)).not.toContain((await readFile(join(folder, "one"), "utf8")).trim());
});

async function run(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, ...variables } });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (out += String(text)));
  const code = await new Promise<number | null>((done) => child.once("close", done));
  return { code, out };
}
