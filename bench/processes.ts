import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findCores } from "./cores.ts";

const cores = findCores();
export const subjectCore = cores?.subject ?? 0;
export const loadCore = cores?.load ?? 0;

const running = new Set<ChildProcess>();
/** Those that we ended. */
const stopped = new WeakSet<ChildProcess>();
let startedCount = 0;

/**
 * Starts a program on one core. What it says on its error stream goes to a file, for the sentence that
 * says why it failed: into a pipe that nobody empties fast enough, a native program may panic.
 */
export function start(core: number, argv: readonly string[], folder: string): ChildProcess {
  const file = join(folder, `errors-${++startedCount}.log`);
  const errors = openSync(file, "w");
  const child = spawn("taskset", ["-c", String(core), ...argv], {
    cwd: folder,
    stdio: ["ignore", "ignore", errors],
    env: { ...process.env, NODE_ENV: "production" },
  });
  closeSync(errors);
  child.once("exit", (code, signal) => {
    running.delete(child);
    if (stopped.has(child)) return;
    const said = readFileSync(file, "utf8").slice(-2000);
    process.stderr.write(`${argv.join(" ")} ended by itself with ${code ?? signal}: ${said}\n`);
  });
  running.add(child);
  return child;
}

export interface RunLimits {
  readonly timeoutMs: number;
  /** Told of each line on the error stream as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Runs a program on the load's core to its end; gives what it printed. */
export async function run(argv: readonly string[], limits: RunLimits): Promise<string> {
  const child = spawn("taskset", ["-c", String(loadCore), ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stderr.on("data", (chunk) => {
    errors += String(chunk);
    limits.onLine?.(String(chunk).trim());
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), limits.timeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  running.delete(child);
  if (code !== 0) throw new Error(`${argv[0]} ended with ${code ?? "a signal"}: ${errors.slice(-500)}`);
  return out;
}

/** A port that is free now, as the kernel hands them out. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves once something listens there. */
export async function waitForPort(port: number, child: ChildProcess, timeoutMs = 30_000): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`the program for port ${port} ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${port} after ${timeoutMs / 1000} seconds`);
}

/** Ends programs: kindly, and after two seconds not. */
export async function stop(children: readonly ChildProcess[]): Promise<void> {
  const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
  for (const child of children) {
    stopped.add(child);
    child.kill("SIGTERM");
  }
  const until = Date.now() + 2000;
  while (!children.every(ended) && Date.now() < until) await sleep(20);
  for (const child of children) if (!ended(child)) child.kill("SIGKILL");
  while (!children.every(ended)) await sleep(20);
}

export async function stopAll(): Promise<void> {
  await stop([...running]);
}

/** The last resort when the bench itself ends: nothing that it started goes on. */
export function killAll(): void {
  for (const child of running) {
    stopped.add(child);
    child.kill("SIGKILL");
  }
}
