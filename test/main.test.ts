import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider } from "../examples/provider/provider.ts";

const program = join(import.meta.dirname, "../longstop.mjs");

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Launched {
  readonly child: ReturnType<typeof spawn>;
  readonly out: () => string;
  readonly ended: Promise<Ended>;
}

/** How many threads of a process have a name with this in it. */
async function threadsOf(pid: number | undefined, name: string): Promise<number> {
  const tasks = `/proc/${pid}/task`;
  const names = (await readdir(tasks)).map((task) => readFile(join(tasks, task, "comm"), "utf8"));
  return (await Promise.all(names)).filter((one) => one.includes(name)).length;
}

describe("the program", () => {
  let folder: string;
  const children = new Set<ReturnType<typeof spawn>>();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "longstop-main-"));
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
    await rm(folder, { recursive: true, force: true });
  });

  function launch(...args: string[]): Launched {
    return launchIn({}, ...args);
  }
  function launchIn(variables: NodeJS.ProcessEnv, ...args: string[]): Launched {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: folder,
      env: { ...process.env, ...variables },
    });
    children.add(child);
    let out = "";
    let err = "";
    child.stdout?.on("data", (chunk) => (out += String(chunk)));
    child.stderr?.on("data", (chunk) => (err += String(chunk)));
    const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, out, err })));
    return { child, out: () => out, ended };
  }
  const run = (...args: string[]): Promise<Ended> => launch(...args).ended;

  async function writeConfig(more = ""): Promise<string> {
    const file = join(folder, "longstop.yaml");
    await writeFile(file, `listen: { port: 0 }\nledger: { kind: sqlite, file: ledger/longstop.db }\n${more}`);
    return file;
  }

  it("starts, says where it listens, serves, and ends well on SIGTERM", async () => {
    const provider = await startProvider([{ text: "Hello" }]);
    const file = await writeConfig(`upstreams: { openai: { url: "${provider.url}" } }\n`);
    const { child, out, ended } = launch("start", file);
    await expect.poll(out, { timeout: 15_000 }).toMatch(/listens on http:\/\/127\.0\.0\.1:\d+/);
    const url = /listens on (\S+)/.exec(out())?.[1] ?? "";
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer sk-very-secret" },
      body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] }),
    });
    expect(answer.status).toBe(200);
    // The ledger is for its owner's eyes alone.
    expect((await stat(join(folder, "ledger/longstop.db"))).mode & 0o777).toBe(0o600);
    child.kill("SIGTERM");
    const { code, err } = await ended;
    expect(code).toBe(0);
    const lines = err
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find(({ what }) => what === "exchange")).toMatchObject({ status: 200, target: "openai" });
    expect(lines.at(-1)).toMatchObject({ what: "stopped", left: 0 });
    expect(err).not.toContain("sk-very-secret");
    await provider.close();
  });

  it.runIf(process.platform === "linux")(
    "shares few cores with few helpers, unless told otherwise",
    async () => {
      const fewest = Math.max(1, Math.min(4, availableParallelism() - 1));
      for (const [options, helpers] of [
        ["", fewest],
        ["--v8-pool-size=3", 3],
      ] as const) {
        const { child, out, ended } = launchIn({ NODE_OPTIONS: options }, "start", await writeConfig());
        await expect.poll(out, { timeout: 15_000 }).toContain("listens on");
        expect(await threadsOf(child.pid, "V8Worker")).toBe(helpers);
        child.kill("SIGTERM");
        // Nothing but the log was said: no warning of what Node calls experimental.
        const { code, err } = await ended;
        expect(code).toBe(0);
        for (const line of err.trim().split("\n"))
          expect(JSON.parse(line)).toMatchObject({ what: expect.any(String) });
      }
    },
  );

  it("says in a sentence that the port, or the ledger, is in use, and ends", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    const { port } = blocker.address() as AddressInfo;
    const { code, err } = await run("start", await writeConfig(), "--port", String(port));
    expect(code).toBe(1);
    expect(err).toContain(String(port));
    expect(err).not.toMatch(/\n\s+at /);
    blocker.close();
    const { out } = launch("start", await writeConfig());
    await expect.poll(out, { timeout: 15_000 }).toContain("listens on");
    const second = await run("start", await writeConfig());
    expect(second.code).toBe(1);
    expect(second.err).toContain("Another gateway is using the ledger");
  });

  it("shows every fault of a configuration at once, and does not start on one", async () => {
    const file = await writeConfig("limits: { requestBytesMax: -1 }\nposts: [{ guard: nope }]\n");
    const { code, err } = await run("start", file);
    expect(code).toBe(2);
    expect(err).toContain("limits.requestBytesMax");
    expect(err).toContain("posts[0].guard");
    expect((await run("check", file)).code).toBe(2);
  });

  it("prints its version, its schema, and what a configuration does", async () => {
    expect((await run("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(JSON.parse((await run("schema")).out)).toMatchObject({ type: "object" });
    expect((await run("explain", await writeConfig())).out).toContain("Watched, in this order");
    const effects = await run("effects", "--config", await writeConfig());
    expect(effects.code).toBe(1);
    expect(effects.err).toContain("There is no ledger");
  });
});
