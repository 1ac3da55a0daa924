import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { freePort, stop, waitForPort } from "../../bench/processes.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** A program of the bench that listens. */
export interface Program {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts one: its first argument is the port. */
export async function startProgram(file: string, ...rest: readonly string[]): Promise<Program> {
  const port = await freePort();
  const child = spawn(process.execPath, [path.join(root, file), String(port), ...rest], { stdio: "inherit" });
  await waitForPort(port, child);
  return { port, url: `http://127.0.0.1:${port}`, stop: () => stop([child]) };
}

/** Runs a load to its end; gives the line that it prints. */
export async function runLoad(file: string, order: unknown): Promise<unknown> {
  const child: ChildProcess = spawn(process.execPath, [path.join(root, file), JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let out = "";
  child.stdout?.on("data", (bytes) => (out += String(bytes)));
  await once(child, "close");
  return JSON.parse(out);
}
