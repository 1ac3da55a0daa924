import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startOracle, type Oracle, type OracleOptions } from "./support/oracle.ts";

let folder = "";
const oracles: Oracle[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "longstop-oracle-"))));
afterEach(async () => {
  for (const oracle of oracles.splice(0)) await oracle.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<OracleOptions> = {}): Promise<Oracle> {
  const oracle = await startOracle({ mode: "dumb", log: join(folder, "effects.jsonl"), ...options });
  oracles.push(oracle);
  return oracle;
}

function call(oracle: Oracle, operation: string, headers: Record<string, string> = {}): Promise<Response> {
  const said = { "content-type": "application/json", "x-operation": operation, ...headers };
  return fetch(`${oracle.url}/charges`, { method: "POST", body: '{"amount":5}', headers: said });
}

describe("the oracle", () => {
  it("has an effect on the disk before its caller hears of it, and keeps it when it is killed", async () => {
    const oracle = await start();
    expect((await call(oracle, "one")).status).toBe(201);
    expect(oracle.effects().map(({ operation }) => operation)).toEqual(["one"]);
    await expect(call(oracle, "two", { "x-behave": "effect-then-reset" })).rejects.toThrow("fetch failed");
    await oracle.stop();
    expect(oracle.effects().map(({ operation }) => operation)).toEqual(["one", "two"]);
  });

  it("is gone for a while and back at the same address, with all that it did", async () => {
    const oracle = await start();
    await (await call(oracle, "one")).text();
    await oracle.whileGone(async () => {
      await expect(call(oracle, "two")).rejects.toThrow("fetch failed");
    });
    expect((await call(oracle, "three")).status).toBe(201);
    expect(oracle.effects().map(({ operation }) => operation)).toEqual(["one", "three"]);
  });

  it("tells calls from effects, with the key of each", async () => {
    const oracle = await start();
    await (await call(oracle, "one", { "idempotency-key": "k1", "x-behave": "503" })).text();
    await (await call(oracle, "one", { "idempotency-key": "k1" })).text();
    const one = { operation: "one", idempotencyKey: "k1" };
    expect(await oracle.dispatched()).toEqual([one, one]);
    expect(oracle.effects()).toMatchObject([one]);
  });

  it("forgets a key after its retention, and not before", async () => {
    const key = { "idempotency-key": "k1" };
    const remembering = await start({ mode: "keyed" });
    for (let i = 0; i < 2; i++) await (await call(remembering, "one", key)).text();
    expect(remembering.effects()).toHaveLength(1);
    const forgetting = await start({ mode: "keyed", log: join(folder, "other.jsonl"), retentionSeconds: 0 });
    for (let i = 0; i < 2; i++) await (await call(forgetting, "one", key)).text();
    expect(forgetting.effects()).toHaveLength(2);
  });
});
