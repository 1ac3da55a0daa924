import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { type BreakingProxy, startBreakingProxy } from "./breaking-proxy.ts";
import { asSuperuser, urlOf } from "./server.ts";
import { sharedServer } from "./shared-server.ts";
import { freshSchema } from "./under-test.ts";

const program = join(import.meta.dirname, "../../../longstop.mjs");

describe("gateways in processes of their own, on one PostgreSQL database", () => {
  let folder: string;
  let schema: string;
  let server: number;
  let proxy: BreakingProxy;
  let tools: ToolServer;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    server = await sharedServer();
    proxy = await startBreakingProxy(server);
    schema = freshSchema();
    folder = await mkdtemp(join(tmpdir(), "longstop-gateways-"));
    tools = await startToolServer();
    await writeFile(join(folder, "url"), `${urlOf(proxy.port)}\n`);
    const ledger = `{ kind: postgres, url: { file: ${JSON.stringify(join(folder, "url"))} }, schema: ${schema} }`;
    await writeFile(
      join(folder, "longstop.yaml"),
      `listen: { port: 0 }\nledger: ${ledger}\neffects: { leaseSeconds: 10, attachSeconds: 10 }\n` +
        `tools: { pay: { url: "${tools.url}" } }\nposts: [{ guard: tool-schema }]\n`,
    );
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await tools.close();
    await proxy.close();
    await asSuperuser(server, `drop schema if exists ${schema} cascade`);
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
    const child = spawn(process.execPath, [program, "start", join(folder, "longstop.yaml")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += String(chunk)));
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /listens on (\S+)/.exec(line)?.[1];
      if (url !== undefined) return { url, child };
    }
    throw new Error(`the gateway did not start: ${errors}`);
  }

  async function longstop(...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
    const child = spawn(process.execPath, [program, ...args, "--config", join(folder, "longstop.yaml")]);
    let out = "";
    child.stdout.on("data", (chunk) => (out += String(chunk)));
    child.stderr.on("data", (chunk) => (out += String(chunk)));
    const code = await new Promise<number>((resolve) => child.once("close", resolve));
    return { code, out };
  }

  const charge = (url: string, prefix = "/run/r1/attempt/a"): Promise<Response> =>
    fetch(`${url}${prefix}/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "one charge" },
      body: '{"customer":"c1","amount":100}',
    });

  it("do once what 20 equal requests at once ask of three of them", async () => {
    const gateways = await Promise.all([start(), start(), start()]);
    tools.behave("slow,delayMs=500");
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, each) => charge(gateways[each % 3]?.url ?? "")),
    );
    expect(tools.effects).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(bodies).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers.get("idempotent-replayed") === "true");
    expect(replayed).toHaveLength(19);
    const { code, out } = await longstop("effects", "--json");
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([{ state: "done" }]);
  }, 60_000);

  it("doubt what a killed one was doing when its lease ends, and a human ends the doubt for all", async () => {
    const [dying, living] = await Promise.all([start(), start()]);
    tools.behave("slow,delayMs=60000");
    const lost = charge(dying.url).catch(() => null);
    await expect.poll(() => tools.effects.length, { timeout: 10_000 }).toBe(1);
    dying.child.kill("SIGKILL");
    await lost;
    // The third one starts while the lease is held: it doubts nothing because of that.
    const third = await start();
    const running = `select state from ${schema}.claims`;
    expect((await asSuperuser(server, running)).rows).toEqual([{ state: "intent" }]);
    const told = (): Promise<unknown> => charge(living.url).then((answer) => answer.json());
    await expect.poll(told, { timeout: 60_000 }).toMatchObject({ code: "outcome_unknown" });
    expect(tools.effects).toHaveLength(1);

    const { operation } = JSON.parse((await longstop("effects", "--json", "--in-doubt")).out) as {
      readonly operation: string;
    };
    expect(await longstop("resolve", operation, "--not-done", "--reason", "asked the bank")).toMatchObject({
      code: 0,
      out: expect.stringContaining("is resolved as not done"),
    });
    expect((await charge(third.url)).status).toBe(201);
    expect(tools.effects).toHaveLength(2);
  }, 120_000);

  it("refuse effects before dispatch while the database is away, say so, and go on by themselves", async () => {
    const { url } = await start();
    const ready = async (): Promise<number> => (await fetch(`${url}/-/ready`)).status;
    expect(await ready()).toBe(200);
    proxy.isShut = true;
    proxy.cut();
    const begunMs = performance.now();
    const refused = await Promise.all(Array.from({ length: 20 }, () => charge(url)));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
    expect(await refused[0]?.json()).toMatchObject({ code: "ledger_down" });
    expect(await ready()).toBe(503);
    // The page that asks nobody answers at once meanwhile: nothing blocks.
    expect((await fetch(`${url}/-/health`)).status).toBe(200);
    expect(performance.now() - begunMs).toBeLessThan(10_000);
    expect(tools.effects).toHaveLength(0);
    proxy.isShut = false;
    await expect.poll(ready, { timeout: 10_000 }).toBe(200);
    expect((await charge(url)).status).toBe(201);
    expect(tools.effects).toHaveLength(1);
  }, 60_000);

  it("do not start without the database, and say why without its password", async () => {
    proxy.isShut = true;
    const { code, out } = await longstop("effects");
    expect(code).toBe(1);
    expect(out).toMatch(/The ledger t_\w+ at 127\.0\.0\.1:\d+\/postgres cannot be reached\./);
    expect(out).not.toContain("postgres:postgres");
    await writeFile(join(folder, "url"), "");
    const unset = await longstop("effects");
    expect([unset.code, unset.out]).toEqual([
      2,
      expect.stringMatching(/ledger\.url\.file\n[^]*expected +a file that holds the secret/),
    ]);
  });
});
