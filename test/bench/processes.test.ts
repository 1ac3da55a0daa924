import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isInstalled } from "../../bench/requirements.ts";
import { freePort, loadCore, run, start, stop, waitForPort } from "../../bench/processes.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/longstop-bench-test-`);
});
afterAll(() => rm(folder, { recursive: true }));

const node = (script: string): readonly string[] => [process.execPath, "-e", script];

describe.runIf(isInstalled("taskset"))("the programs of a bench", () => {
  it("are awaited until they listen, and end when they are told", async () => {
    const port = await freePort();
    const script = `setTimeout(() => require("node:net").createServer().listen(${port}, "127.0.0.1"), 100)`;
    const child = start(loadCore, node(script), folder);
    await waitForPort(port, child);
    await stop([child]);
    expect(child.signalCode).toBe("SIGTERM");
  });

  it("are killed when they do not want to end", async () => {
    const port = await freePort();
    const script = `process.on("SIGTERM", () => {}); require("node:net").createServer().listen(${port}, "127.0.0.1")`;
    const child = start(loadCore, node(script), folder);
    await waitForPort(port, child);
    await stop([child]);
    expect(child.signalCode).toBe("SIGKILL");
  });

  it("that end by themselves are told of with what they said last", async () => {
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const port = await freePort();
    const child = start(loadCore, node('console.error("no room"); process.exit(3)'), folder);
    await expect(waitForPort(port, child)).rejects.toThrow(`the program for port ${port} ended with 3`);
    expect(written.mock.calls.join("")).toMatch(/ended by itself with 3: no room/);
    written.mockRestore();
  });

  it("that are run to their end give what they print, line by line on the way, or say why not", async () => {
    const lines: string[] = [];
    const limits = { timeoutMs: 10_000, onLine: (line: string) => lines.push(line) };
    expect(await run(node('console.error("open"); console.log(42)'), limits)).toBe("42\n");
    expect(lines).toEqual(["open"]);
    await expect(run(node('console.error("broken"); process.exit(2)'), limits)).rejects.toThrow(
      /ended with 2: broken/,
    );
    await expect(run(node("setInterval(() => {}, 1000)"), { timeoutMs: 200 })).rejects.toThrow(
      "ended with a signal",
    );
  });
});
