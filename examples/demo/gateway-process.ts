import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const startsWithinMs = 90_000;
const main = path.resolve(import.meta.dirname, "../../src/main.ts");

export interface GatewayProcess {
  readonly url: string;
  readonly folder: string;
  /** What it has written so far. */
  log(): string;
  /** Stops it, and removes its folder. */
  stop(): Promise<void>;
  /** Ends it without farewell, and leaves its folder for the next one. */
  kill(): Promise<void>;
}

/**
 * A real gateway in its own process, with a configuration and a ledger of its own: a new one, or the one that
 * an earlier gateway left in `folder`.
 */
export async function startGateway(
  config: object,
  folder = mkdtempSync(path.join(tmpdir(), "longstop-demo-")),
): Promise<GatewayProcess> {
  const file = path.join(folder, "longstop.yaml");
  // The folder for temporary files is in memory on some machines, and this ledger is thrown away.
  const ledger = { kind: "sqlite", allowFileSystems: ["tmpfs"] };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ ledger, ...config }, null, 2));
  const child = spawn(process.execPath, [
    main,
    "start",
    file,
    "--port",
    "0",
    "--ledger",
    path.join(folder, "ledger.db"),
  ]);
  let written = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (written += String(text)));
  const ended = new Promise((done) => child.once("exit", done));
  const url = await readUrl(child, () => written);
  return {
    url,
    folder,
    log: () => written,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function readUrl(child: ChildProcess, written: () => string): Promise<string> {
  const began = Date.now();
  for (;;) {
    const url = /listens on (http:\/\/\S+)/.exec(written())?.[1];
    if (url !== undefined) return url.replace(/\/$/, "");
    if (child.exitCode !== null || Date.now() - began > startsWithinMs) {
      child.kill("SIGKILL");
      throw new Error(`The gateway did not start:\n${written()}`);
    }
    await sleep(20);
  }
}
