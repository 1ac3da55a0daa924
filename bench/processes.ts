import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** The subject has one core, load and mock have the other, so that they do not take its time. */
export const subjectCore = "0";
export const loadCore = "1";

const running = new Set<ChildProcess>();

/** Starts a program on one core; its errors are kept for the sentence that says why it failed. */
export function start(core: string, argv: readonly string[], cwd: string): ChildProcess {
  const child = spawn("taskset", ["-c", core, ...argv], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr?.on("data", (chunk) => (errors = (errors + String(chunk)).slice(-2000)));
  child.once("exit", (code) => {
    running.delete(child);
    if (code !== null && code > 0) process.stderr.write(`${argv[0]} ended with ${code}: ${errors}\n`);
  });
  running.add(child);
  return child;
}

/** Runs a program on the load's core to its end; gives what it printed. */
export async function run(argv: readonly string[], timeoutMs: number): Promise<string> {
  const child = spawn("taskset", ["-c", loadCore, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${argv[0]} ended with ${code}: ${errors.slice(-500)}`);
  return out;
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

export async function stopAll(): Promise<void> {
  const children = [...running];
  for (const child of children) child.kill("SIGTERM");
  await sleep(children.length === 0 ? 0 : 500);
  for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
}

/** CPU time of a process with all its threads, in seconds. Finer than the ticks of /proc/PID/stat. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return nanoseconds / 1e9;
}

export function rssMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
