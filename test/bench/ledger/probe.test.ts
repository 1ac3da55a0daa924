import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writingVerbs } from "../../../bench/ledger/probe.ts";
import { askProbe, probeFile } from "../../../bench/ledger/probing.ts";
import { ledgerSubjects } from "../../../bench/ledger/subjects.ts";
import { freePort, stop, waitForPort } from "../../../bench/processes.ts";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { verbs } from "../../../src/ledger/sqlite/verbs.ts";

const plain = { addedMs: null, database: null };

describe("the probe in a gateway", () => {
  let folder: string;
  let tools: ToolServer;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "longstop-probe-"));
    tools = await startToolServer();
  });
  afterEach(async () => {
    await stop(children.splice(0));
    await tools.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(name: string): Promise<number> {
    const subject = ledgerSubjects(["sqlite"], plain).find((one) => one.name === name);
    const port = await freePort();
    const [command = "", ...args] = (await subject?.argv?.(port, tools.url, folder)) ?? [];
    const child = spawn(command, args, { stdio: "inherit" });
    children.push(child);
    await waitForPort(port, child);
    return port;
  }

  const charge = (port: number, order: number): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/tools/pay/charges`, { method: "POST", body: `{"order":${order}}` });

  it("counts what is written for an effect, and begins anew when it was asked", async () => {
    const port = await start("sqlite");
    await askProbe(probeFile(folder, port));
    for (let order = 0; order < 5; order++) await (await charge(port, order)).text();
    // The intent, the body and the outcome, before an answer left.
    const { writes } = await askProbe(probeFile(folder, port));
    expect(writes).toBeGreaterThanOrEqual(15);
    // That the last answer was handed over may be written after it; then nothing is.
    expect((await askProbe(probeFile(folder, port))).writes).toBeLessThanOrEqual(1);
    const { done } = ledgerSubjects(["sqlite"], plain).find(({ name }) => name === "sqlite") ?? {};
    expect(done?.(folder, port)).toBe(5);
  });

  it("sees no write where effects are off, and how late the event loop is everywhere", async () => {
    const port = await start("off");
    await (await charge(port, 1)).text();
    const { writes, loopDelayP99Ms } = await askProbe(probeFile(folder, port));
    expect(writes).toBe(0);
    expect(loopDelayP99Ms).toBeGreaterThanOrEqual(0);
    expect(tools.effects).toHaveLength(1);
  });

  it("knows every verb that writes", () => {
    const writing = Object.entries(verbs).flatMap(([name, { writes }]) => (writes ? [name] : []));
    expect([...writingVerbs].toSorted()).toEqual(writing.toSorted());
  });
});
