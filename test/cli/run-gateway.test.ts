import { afterEach, describe, expect, it } from "vitest";
import { mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";

const program = join(import.meta.dirname, "../../longstop.mjs");

interface Process {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exited: Promise<number | null>;
  lines(): readonly Readonly<Record<string, unknown>>[];
}

describe("a gateway in a process of its own", () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  async function sceneOf(): Promise<{ file: string; provider: Provider; text: (more: string) => string }> {
    const folder = await mkdtemp(join(tmpdir(), "longstop-reload-"));
    ends.push(() => rm(folder, { recursive: true }));
    const provider = await startProvider();
    ends.push(() => provider.close());
    const base =
      `listen: { port: 0 }\nledger: { file: ${JSON.stringify(join(folder, "ledger.db"))} }\n` +
      `posts: []\ndefaults: { anthropic: null }\n`;
    const text = (more: string): string => base + more.replaceAll("PROVIDER", provider.url);
    const file = join(folder, "longstop.yaml");
    await writeFile(file, text("upstreams: { openai: { url: PROVIDER } }\n"));
    return { file, provider, text };
  }

  async function start(file: string, ...options: readonly string[]): Promise<Process> {
    const child = spawn(process.execPath, [program, "start", file, ...options], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ROTATED: "sk-operator" },
    });
    ends.push(() => child.kill("SIGKILL"));
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => (out += String(chunk)));
    child.stderr.on("data", (chunk) => (err += String(chunk)));
    await expect.poll(() => out + err, { timeout: 20_000 }).toMatch(/listens on http:\S+/);
    const url = /listens on (\S+)/.exec(out)?.[1] ?? "";
    const lines = (): Readonly<Record<string, unknown>>[] =>
      err
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { child, url, exited, lines };
  }

  const saidBy = (gateway: Process, what: string) => gateway.lines().filter((line) => line["what"] === what);
  const status = async (url: string): Promise<number> => (await fetch(`${url}/u/second/v1/models`)).status;

  it("reads its configuration again on SIGHUP, and keeps the one it has where the new one is wrong", async () => {
    const { file, text } = await sceneOf();
    const gateway = await start(file);
    expect(await status(gateway.url)).toBe(404);
    const second =
      "upstreams: { openai: { url: PROVIDER }, second: { url: PROVIDER, apiKey: { env: ROTATED } } }\n";
    await writeFile(file, text(second));
    gateway.child.kill("SIGHUP");
    await expect
      .poll(() => saidBy(gateway, "configuration applied"), { timeout: 10_000 })
      .toMatchObject([{ reason: "SIGHUP", file, changed: ["upstreams.second"] }]);
    expect(await status(gateway.url)).toBe(200);

    await writeFile(file, text("upstreams: { second: { url: nowhere, apiKey: { env: NOT_SET } } }\n"));
    gateway.child.kill("SIGHUP");
    await expect.poll(() => saidBy(gateway, "configuration refused"), { timeout: 10_000 }).toHaveLength(1);
    expect(await status(gateway.url)).toBe(200);

    await writeFile(file, text(second).replace("port: 0", "port: 1"));
    gateway.child.kill("SIGHUP");
    await expect.poll(() => saidBy(gateway, "configuration refused"), { timeout: 10_000 }).toHaveLength(2);
    expect(saidBy(gateway, "configuration refused")[1]).toMatchObject({ needRestart: ["listen.port"] });
    gateway.child.kill("SIGTERM");
    expect(await gateway.exited).toBe(0);
    expect(JSON.stringify(gateway.lines())).not.toContain("sk-operator");
  }, 40_000);

  it("sees by itself, with --watch, that a file was replaced or its link was turned", async () => {
    const { file, text } = await sceneOf();
    const gateway = await start(file, "--watch");
    await writeFile(`${file}.new`, text("upstreams: { second: { url: PROVIDER } }\n"));
    await rename(`${file}.new`, file);
    await expect.poll(() => saidBy(gateway, "configuration applied"), { timeout: 10_000 }).toHaveLength(1);
    expect(await status(gateway.url)).toBe(200);

    await writeFile(`${file}.other`, (await readFile(file, "utf8")).replace("second", "third"));
    await unlink(file);
    await symlink(`${file}.other`, file);
    await expect.poll(() => saidBy(gateway, "configuration applied"), { timeout: 10_000 }).toHaveLength(2);
    expect(await status(gateway.url)).toBe(404);
    gateway.child.kill("SIGTERM");
    expect(await gateway.exited).toBe(0);
  }, 40_000);
});
