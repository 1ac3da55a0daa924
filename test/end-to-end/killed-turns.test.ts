import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach, beforeEach, expect, it } from "vitest";
import { stringify } from "yaml";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import type { ToldTurn } from "../../src/proxy/turns/recorded-turn.ts";
import { firstLine } from "../faults/support/first-line.ts";
import { freePort } from "../proxy/support/loopback.ts";

const program = join(import.meta.dirname, "../../longstop.mjs");
/** Two processes are started, one after the other. */
const slow = { timeout: 60_000 };

const words = Array.from({ length: 100 }, (_, at) => `${at} `);

let folder: string;
let provider: Provider;
let gateway: ChildProcess;
let url: string;
let adminUrl: string;

async function start(): Promise<void> {
  gateway = spawn(process.execPath, [program, "start", join(folder, "longstop.yaml")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = await firstLine(gateway, /listens on (http:\S+)/);
  url = said;
}

const configure = (onPartial: string): Promise<void> =>
  writeFile(
    join(folder, "longstop.yaml"),
    stringify({
      listen: { port: 0 },
      admin: { port: Number(new URL(adminUrl).port) },
      ledger: { kind: "sqlite", file: join(folder, "ledger.db") },
      upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
      turns: { mode: "enforce", onPartial },
      log: { level: "error" },
    }),
  );

async function kill(): Promise<void> {
  const exited = once(gateway, "exit");
  gateway.kill("SIGKILL");
  await exited;
}

function turnOf(): string | undefined {
  const database = new DatabaseSync(join(folder, "ledger.db"), { readOnly: true });
  const row = database.prepare("select id from claims where kind = 'turn'").get();
  database.close();
  return row === undefined ? undefined : String(row["id"]);
}
const told = async (): Promise<ToldTurn> =>
  (await (await fetch(`${adminUrl}/runs/r/turns/${turnOf()}`)).json()) as ToldTurn;

const failureOf = (asking: Promise<unknown>): Promise<unknown> =>
  asking.then(
    () => null,
    (thrown: unknown) => thrown,
  );

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longstop-killed-"));
  provider = await startProvider(() => ({ text: words, eventDelayMs: 30 }));
  adminUrl = `http://127.0.0.1:${await freePort()}`;
  await configure("replay-partial");
  await start();
});
afterEach(async () => {
  await kill();
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

it(
  "keeps what came of a turn when the gateway is killed in the middle of it, and gives it to the retry",
  slow,
  async () => {
    const asked = (): Promise<OpenAI.ChatCompletion> =>
      new OpenAI({ baseURL: `${url}/run/r/v1`, apiKey: "sk-1", maxRetries: 0 }).chat.completions.create({
        model: "gpt-4o",
        messages: [{ role: "user", content: "Count" }],
      });
    const first = failureOf(asked());
    await expect.poll(turnOf, { timeout: 10_000 }).toBeDefined();
    await expect.poll(async () => (await told()).text.length, { timeout: 10_000 }).toBeGreaterThan(20);
    const before = await told();
    expect([before.state, before.complete]).toEqual(["intent", false]);
    await kill();
    expect(await first).toBeInstanceOf(Error);

    await start();
    const after = await told();
    // At most a tenth of a second of it had not been written yet.
    expect(after.text.startsWith(before.text)).toBe(true);
    expect([after.complete, words.join("").startsWith(after.text)]).toEqual([false, true]);
    const { choices } = await asked();
    expect([choices[0]?.message.content, choices[0]?.finish_reason]).toEqual([after.text, "length"]);
    expect(provider.requests).toHaveLength(1);
  },
);

it("lets the model go on behind what came of a turn when the gateway was killed", slow, async () => {
  await kill();
  await configure("continue");
  await start();
  const asked = (): Promise<Anthropic.Message> =>
    new Anthropic({ baseURL: `${url}/run/r`, apiKey: "sk-1", maxRetries: 0 }).messages.create({
      model: "claude-sonnet-4-5",
      max_tokens: 1000,
      messages: [{ role: "user", content: "Count" }],
    });
  const first = failureOf(asked());
  await expect.poll(turnOf, { timeout: 10_000 }).toBeDefined();
  await expect.poll(async () => (await told()).text.length, { timeout: 10_000 }).toBeGreaterThan(20);
  await kill();
  expect(await first).toBeInstanceOf(Error);

  await start();
  const { text } = await told();
  provider.play([{ text: " and on." }]);
  const { content, stop_reason } = await asked();
  expect([content, stop_reason]).toEqual([[{ type: "text", text: `${text.trimEnd()} and on.` }], "end_turn"]);
  expect(provider.requests.at(-1)?.parsed["messages"]).toEqual([
    { role: "user", content: "Count" },
    { role: "assistant", content: text.trimEnd() },
  ]);
});
