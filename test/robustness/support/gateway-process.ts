import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import type { Held, Plant, ProbeRequest } from "./process-probe.ts";

const program = join(import.meta.dirname, "../../../longstop.mjs");
const probe = join(import.meta.dirname, "process-probe.ts");

/** The program itself in a process of its own, which tells what it holds. */
export interface GatewayProcess {
  readonly port: number;
  readonly child: ChildProcess;
  readonly folder: string;
  measure(): Promise<Held>;
  /** From now on each request leaves something behind. */
  plant(what: Plant): Promise<void>;
  stop(): Promise<void>;
}

export async function startGatewayProcess(
  written: Readonly<Record<string, unknown>>,
  { fileBlocksMax = null }: { readonly fileBlocksMax?: number | null } = {},
): Promise<GatewayProcess> {
  const folder = await mkdtemp(join(tmpdir(), "longstop-"));
  const config = join(folder, "longstop.yaml");
  const ledger = { kind: "sqlite", file: join(folder, "ledger.db") };
  await writeFile(
    config,
    stringify({ listen: { port: 0 }, ledger, drainSeconds: 2, log: { level: "error" }, ...written }),
  );
  const args = ["--expose-gc", "--import", probe, program, "start", config];
  // Bounding the size of any file is a disk that is full as far as this process goes: writes fail.
  const bounded = [
    "-c",
    `trap "" XFSZ; ulimit -S -f ${fileBlocksMax}; exec "$0" "$@"`,
    process.execPath,
    ...args,
  ];
  const child = spawn(
    fileBlocksMax === null ? process.execPath : "sh",
    fileBlocksMax === null ? args : bounded,
    {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    },
  );
  const port = await listeningPort(child);
  const say = async (request: ProbeRequest): Promise<unknown> => {
    const answered = once(child, "message");
    child.send(request);
    return (await answered)[0];
  };
  return {
    port,
    child,
    folder,
    measure: async () => (await say("measure")) as Held,
    plant: async (what) => void (await say(what)),
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      // A planted socket never closes, so the process may have to be ended.
      const gone = await Promise.race([exited.then(() => true), sleep(5000, false, { ref: false })]);
      if (!gone) {
        child.kill("SIGKILL");
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listeningPort(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error("the gateway has no output");
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const port = /listens on \S+:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    lines.close();
    child.stdout.resume();
    return Number(port);
  }
  throw new Error("the gateway did not start");
}
