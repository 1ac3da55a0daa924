import { spawn } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";
import { startRawUpstream, type RawUpstream } from "../robustness/support/raw-upstream.ts";
import { codeIn, speakers } from "../robustness/support/speakers.ts";

const program = join(import.meta.dirname, "../../longstop.mjs");
const json = { "content-type": "application/json" };

let folder: string;
let file: string;
let upstream: RawUpstream;
let gateway: RunningGateway | null = null;
let charges = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longstop-restored-"));
  file = join(folder, "ledger.db");
  charges = 0;
  upstream = await startRawUpstream(({ path, outgoing }) => {
    if (path === "/charges") charges += 1;
    outgoing.writeHead(200, json).end(path === "/charges" ? '{"paid":1}' : chat.whole);
  });
});
afterEach(async () => {
  await gateway?.stop();
  gateway = null;
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
});

const [chat] = speakers.filter(({ name }) => name === "openai-chat") as [(typeof speakers)[number]];
const start = (): Promise<RunningGateway> =>
  startTestGateway({
    upstreams: { openai: { url: upstream.url } },
    tools: { pay: { url: upstream.url } },
    ledger: { kind: "sqlite", file },
  });
const at = (path: string): string => `${gateway?.url}${path}`;
const charge = (attempt: string): Promise<Response> =>
  fetch(at(`/run/r1/attempt/${attempt}/tools/pay/charges`), { method: "POST", headers: json, body: "{}" });

it(
  "after an old backup no effect runs and no answer is replayed until longstop ledger confirm",
  { timeout: 60_000 },
  async () => {
    gateway = await start();
    const backup = new DatabaseSync(file);
    backup.exec(`VACUUM INTO '${file}.copy'`);
    backup.close();
    expect((await charge("a")).status).toBe(200);
    await gateway.stop();
    for (const name of ["", "-wal", "-shm"]) rmSync(file + name, { force: true });
    copyFileSync(`${file}.copy`, file);

    gateway = await start();
    const ready = await fetch(at("/-/ready"));
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: "ledger unconfirmed",
      ledger: expect.stringMatching(/is older than it was: .* longstop ledger confirm/) as string,
    });
    // Executed before, and unknown to this ledger: the retry must not run it again.
    const refused = await charge("b");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("60");
    const text = await refused.text();
    expect(codeIn(text)).toBe("ledger_unconfirmed");
    expect(text).toContain("Nothing was sent.");
    expect(text).toContain("longstop ledger confirm");
    expect(text).not.toContain(folder);
    expect(charges).toBe(1);

    const turn = await fetch(at(`/run/r1${chat.wholePath}`), {
      method: "POST",
      headers: chat.headers,
      body: chat.wholeBody("Weather in Paris?"),
    });
    expect([turn.status, await turn.text()]).toEqual([200, chat.whole]);

    const confirmed = await run("ledger", "confirm", "--ledger", file, "--reason", "disk failed");
    expect(confirmed).toMatchObject({ code: 0 });
    expect(confirmed.out).toMatch(/entries up to \d{4}-.*sent to its tool again/s);
    expect((await fetch(at("/-/ready"))).status).toBe(200);
    expect((await charge("c")).status).toBe(200);
    expect(charges).toBe(2);
    expect((await charge("d")).headers.get("idempotent-replayed")).toBe("true");
    expect(charges).toBe(2);
  },
);

async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder });
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (out += String(text)));
  const code = await new Promise<number | null>((done) => child.once("close", done));
  return { code, out };
}
