import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import type { FailpointName } from "../../src/proxy/failpoint.ts";

/** A gateway in a process of its own, so that it can be killed as a machine would lose it. */
interface GatewayProcess {
  readonly url: string;
  readonly child: ChildProcess;
  readonly exited: Promise<NodeJS.Signals | null>;
}

const program = join(import.meta.dirname, "../../longstop.mjs");

describe("kill -9 of the gateway around one side effect", () => {
  let folder: string;
  let tools: ToolServer;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "longstop-kill-"));
    tools = await startToolServer();
    await writeFile(
      join(folder, "longstop.yaml"),
      `listen: { port: 0 }\nledger: { kind: sqlite, file: ${JSON.stringify(join(folder, "ledger.db"))} }\n` +
        `tools: { pay: { url: "${tools.url}" } }\nposts: [{ guard: tool-schema }]\n`,
    );
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await tools.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(failpoint?: FailpointName): Promise<GatewayProcess> {
    const child = spawn(process.execPath, [program, "start", join(folder, "longstop.yaml")], {
      env: { ...process.env, ...(failpoint === undefined ? {} : { LONGSTOP_FAILPOINT: failpoint }) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    const exited = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once("exit", (_code, signal) => resolve(signal)),
    );
    let errors = "";
    child.stderr?.on("data", (chunk) => (errors += String(chunk)));
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /listens on (\S+)/.exec(line)?.[1];
      if (url !== undefined) return { url, child, exited };
    }
    throw new Error(`the gateway did not start: ${errors}`);
  }

  async function effects(...flags: string[]): Promise<readonly { operation: string; state: string }[]> {
    const child = spawn(process.execPath, [
      program,
      "effects",
      "--json",
      "--config",
      join(folder, "longstop.yaml"),
      ...flags,
    ]);
    let out = "";
    child.stdout.on("data", (chunk) => (out += String(chunk)));
    await new Promise((resolve) => child.once("close", resolve));
    return out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { operation: string; state: string });
  }

  const charge = (url: string, prefix = "/run/r1/attempt/a"): Promise<Response> =>
    fetch(`${url}${prefix}/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"customer":"c1","amount":100}',
    });

  /** Kills the gateway at a place inside one call, starts it again, and calls again. */
  async function killAt(failpoint: FailpointName): Promise<Response> {
    const first = await start(failpoint);
    await expect(charge(first.url)).rejects.toThrow();
    expect(await first.exited).toBe("SIGKILL");
    return charge((await start()).url);
  }

  it("before the intent: nothing was done and nothing is recorded; the retry executes once", async () => {
    const first = await start("before-intent");
    await expect(charge(first.url)).rejects.toThrow();
    await first.exited;
    expect(tools.effects).toHaveLength(0);
    const second = await start();
    expect(await effects()).toEqual([]);
    expect((await charge(second.url)).status).toBe(201);
    expect(tools.effects).toHaveLength(1);
  });

  it.each(["after-intent", "before-dispatch"] as const)(
    "%s: nothing was done, and the doubt is visible",
    async (place) => {
      const retry = await killAt(place);
      expect(retry.status).toBe(400);
      expect(await retry.json()).toMatchObject({ code: "outcome_unknown" });
      expect(tools.effects).toHaveLength(0);
      expect(await effects("--in-doubt")).toMatchObject([{ state: "in-doubt" }]);
    },
  );

  it.each(["after-dispatch", "after-answer"] as const)(
    "%s: done once, in doubt, never done again",
    async (place) => {
      const retry = await killAt(place);
      expect(await retry.json()).toMatchObject({ code: "outcome_unknown" });
      expect(tools.effects).toHaveLength(1);
      expect(await effects("--in-doubt")).toHaveLength(1);
    },
  );

  it("while the tool works: done once, in doubt, never done again, whoever calls", async () => {
    tools.behave("slow,delayMs=5000");
    const first = await start();
    const lost = charge(first.url).catch(() => null);
    await expect.poll(() => tools.effects.length, { timeout: 5_000 }).toBe(1);
    first.child.kill("SIGKILL");
    await lost;
    await first.exited;
    const { url } = await start();
    for (const attempt of ["a", "b"]) {
      expect(await (await charge(url, `/run/r1/attempt/${attempt}`)).json()).toMatchObject({
        code: "outcome_unknown",
      });
    }
    expect(tools.effects).toHaveLength(1);
    expect(await effects("--in-doubt")).toHaveLength(1);
  });

  it("of an anonymous call: done once, in doubt, never done again", async () => {
    const first = await start("after-dispatch");
    await expect(charge(first.url, "")).rejects.toThrow();
    await first.exited;
    const { url } = await start();
    expect(await (await charge(url, "")).json()).toMatchObject({ code: "outcome_unknown" });
    expect(tools.effects).toHaveLength(1);
  });

  it("after the outcome: done once, and every retry gets the recorded answer", async () => {
    const retry = await killAt("after-outcome");
    expect(retry.status).toBe(201);
    expect(retry.headers.get("idempotent-replayed")).toBe("true");
    expect(tools.effects).toHaveLength(1);
    expect(await effects("--in-doubt")).toEqual([]);
  });

  it("a human ends a doubt beside the running gateway, and the next call follows", async () => {
    const first = await start("after-dispatch");
    await expect(charge(first.url)).rejects.toThrow();
    await first.exited;
    const { url } = await start();
    const [doubt] = await effects("--in-doubt");
    const answer = join(folder, "answer.json");
    await writeFile(
      answer,
      JSON.stringify({ status: 201, headers: { "content-type": "application/json" }, body: { id: "ch_1" } }),
    );
    const resolve = spawn(process.execPath, [
      program,
      "resolve",
      doubt?.operation ?? "",
      "--done",
      answer,
      "--config",
      join(folder, "longstop.yaml"),
    ]);
    let said = "";
    resolve.stderr.on("data", (chunk) => (said += String(chunk)));
    expect(await new Promise((done) => resolve.once("close", done)), said).toBe(0);
    const retry = await charge(url);
    expect(retry.status).toBe(201);
    expect(await retry.json()).toEqual({ id: "ch_1" });
    expect(tools.effects).toHaveLength(1);
  });
});
