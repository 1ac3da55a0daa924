import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readEffects } from "../../examples/tool-server/counts.ts";
import {
  startToolServer,
  type ToolServer,
  type ToolServerOptions,
} from "../../examples/tool-server/tool-server.ts";

let tools: ToolServer | undefined;
afterEach(async () => {
  await tools?.close();
  tools = undefined;
});

async function start(options?: ToolServerOptions): Promise<ToolServer> {
  tools = await startToolServer(options);
  return tools;
}

function charge(url: string, headers: Record<string, string> = {}, body = '{"amount":5}'): Promise<Response> {
  return fetch(`${url}/charges`, { method: "POST", body, headers, redirect: "manual" });
}

describe("the tool server", () => {
  it("does what it is asked, every time, and counts it", async () => {
    const { url, effects } = await start();

    expect(await (await charge(url)).json()).toEqual({ id: "charge_1", status: "done", amount: 5 });
    expect(await (await charge(url)).json()).toMatchObject({ id: "charge_2" });
    await fetch(`${url}/emails`, { method: "POST", body: '{"to":"ada@example.com","op":"greet"}' });
    expect(await (await fetch(`${url}/weather?city=Bergen`)).json()).toMatchObject({ city: "Bergen" });

    expect(effects.map((effect) => [effect.sequence, effect.path, effect.operation])).toEqual([
      [1, "/charges", null],
      [2, "/charges", null],
      [3, "/emails", "greet"],
    ]);
    expect(await readEffects(url)).toEqual(effects);
  });

  it("writes every effect to its log before it answers", async () => {
    const log = path.join(mkdtempSync(path.join(tmpdir(), "effects-")), "effects.jsonl");
    const { url } = await start({ log });
    await charge(url, { "idempotency-key": "k1" });

    const [line] = readFileSync(log, "utf8").trim().split("\n");
    expect(JSON.parse(line ?? "")).toMatchObject({ sequence: 1, idempotencyKey: "k1", body: '{"amount":5}' });
  });

  it.each([
    ["slow,delayMs=5", 201, 1],
    ["slow-effect,delayMs=5", 201, 1],
    ["effect-then-500", 500, 1],
    ["effect-then-503", 503, 1],
    ["effect-then-html", 502, 1],
    ["redirect", 303, 1],
    ["duplicate-headers", 201, 1],
    ["html", 502, 0],
    ["409", 409, 0],
    ["402", 402, 0],
    ["422", 422, 0],
    ["404", 404, 0],
    ["status,status=503", 503, 0],
  ])("behaves as told: %s answers %i with %i effects", async (behaviour, status, count) => {
    const { url, effects } = await start();
    const answer = await charge(url, { "x-behave": behaviour });
    await answer.text();
    expect([answer.status, effects.length]).toEqual([status, count]);
  });

  it.each([
    ["effect-then-drop", 1],
    ["drop-before-effect", 0],
    ["effect-then-reset", 1],
    ["reset-before-effect", 0],
    ["half-headers", 1],
  ])("drops the connection: %s with %i effects", async (behaviour, count) => {
    const { url, effects } = await start();
    await expect(charge(url, { "x-behave": behaviour })).rejects.toThrow("fetch failed");
    expect(effects).toHaveLength(count);
  });

  it.each(["half", "wrong-length"])("cuts the answer's body: %s", async (behaviour) => {
    const { url, effects } = await start();
    const answer = await charge(url, { "x-behave": behaviour });
    expect(answer.status).toBe(201);
    await expect(answer.text()).rejects.toThrow("terminated");
    expect(effects).toHaveLength(1);
  });

  it("answers huge, never, and with repeated headers", async () => {
    const { url, effects } = await start();
    const huge = await (await charge(url, { "x-behave": "huge,bytes=3000000" })).text();
    expect(huge.length).toBeGreaterThan(3_000_000);
    const headers = (await charge(url, { "x-behave": "duplicate-headers" })).headers;
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    const never = fetch(`${url}/charges?behave=hang`, { method: "POST", signal: AbortSignal.timeout(100) });
    await expect(never).rejects.toThrow("timeout");
    expect(effects).toHaveLength(3);
  });

  it("can be told beforehand how the next calls behave, here or over HTTP", async () => {
    const { url, behave } = await start();
    behave("404");
    await fetch(`${url}/-/behave`, { method: "POST", body: '["409","ok"]' });
    const statuses = [];
    for (let call = 0; call < 4; call++) statuses.push((await charge(url)).status);
    expect(statuses).toEqual([404, 409, 201, 201]);
    const unknown = await charge(url, { "x-behave": "badly" });
    expect(await unknown.text()).toContain('\\"badly\\" is no behaviour');
  });
});

describe("a keyed tool server", () => {
  it("gives a known key its first answer, even where that never arrived", async () => {
    const { url, effects } = await start({ mode: "keyed" });
    const key = { "idempotency-key": "k1" };
    await expect(charge(url, { ...key, "x-behave": "effect-then-drop" })).rejects.toThrow("fetch failed");

    const again = await charge(url, key);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await again.json()).toMatchObject({ id: "charge_1" });
    expect((await charge(url, key, '{"amount":6}')).status).toBe(422);
    await charge(url, { "idempotency-key": "k2" });
    expect(effects).toHaveLength(2);
  });

  it("gives a refusal that it keeps again for the same key, and not for another", async () => {
    const { url, effects } = await start({ mode: "keyed" });
    const first = { "idempotency-key": "k1", "x-behave": "status-kept,status=402" };
    expect((await charge(url, first)).status).toBe(402);
    expect((await charge(url, { "idempotency-key": "k1" })).status).toBe(402);
    expect(effects).toHaveLength(0);
    expect((await charge(url, { "idempotency-key": "k2" })).status).toBe(201);
  });

  it("refuses a key that is at work, and forgets one that did nothing or is too old", async () => {
    const { url, effects } = await start({ mode: "keyed", retentionSeconds: 0 });
    const key = { "idempotency-key": "k1" };
    const slow = charge(url, { ...key, "x-behave": "slow-effect,delayMs=200" });
    await expect.poll(() => tools?.requests.length).toBe(1);
    expect((await charge(url, key)).status).toBe(409);
    expect((await slow).status).toBe(201);

    expect((await charge(url, { ...key, "x-behave": "402" })).status).toBe(402);
    expect((await charge(url, key)).status).toBe(201);
    expect(effects).toHaveLength(2);
  });
});

describe("a tool server with look-up", () => {
  it("finds what was done by operation and by key, and runs as a program", async () => {
    const child = spawn(process.execPath, [
      "examples/tool-server/main.ts",
      "--port",
      "0",
      "--mode",
      "lookup",
    ]);
    try {
      const banner = await new Promise<string>((said) =>
        child.stdout.once("data", (text) => said(String(text))),
      );
      const url = /http:\S+/.exec(banner)?.[0] ?? "";
      await charge(url, { "idempotency-key": "k1" }, '{"op":"op-7"}');
      for (const name of ["op-7", "k1"]) {
        expect(await (await fetch(`${url}/charges/${name}`)).json()).toMatchObject({
          sequence: 1,
          operation: "op-7",
        });
      }
      expect((await fetch(`${url}/charges/op-8`)).status).toBe(404);
      expect((await fetch(`${url}/charges?op=op-7`)).status).toBe(200);
      for (const other of ["charges?op=op-8", "charges?op=op-7&more=1", "emails?op=op-7"]) {
        expect((await fetch(`${url}/${other}`)).status).toBe(404);
      }
      expect(await readEffects(url)).toHaveLength(1);
    } finally {
      child.kill();
    }
  });
});
