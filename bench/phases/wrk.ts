import { join } from "node:path";
import { run } from "../processes.ts";
import type { Started } from "../turns.ts";

export interface WrkReport {
  readonly requests: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: number;
}

/** Posts one body over `connections` connections, as fast as answers come. */
export async function wrk(
  started: Started,
  bodyFile: string,
  connections: number,
  seconds: number,
): Promise<WrkReport> {
  const script = join(import.meta.dirname, "../load/post.lua");
  const headers = Object.entries(started.headers).map(([name, value]) => `${name}=${value}`);
  const url = `${started.url}/v1/chat/completions`;
  return runWrk({ script, url, args: [bodyFile, ...headers], connections, seconds });
}

export interface WrkOrder {
  readonly script: string;
  readonly url: string;
  /** What the script is told. */
  readonly args: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

/** Runs wrk with a script that prints its report as one line of JSON. */
export async function runWrk({ script, url, args, connections, seconds }: WrkOrder): Promise<WrkReport> {
  // wrk takes whole seconds only.
  const duration = Math.max(1, Math.round(seconds));
  const argv = ["wrk", "-t1", `-c${connections}`, `-d${duration}s`, "--timeout", "30s", "-s", script];
  return readWrkReport(await run([...argv, url, "--", ...args], { timeoutMs: (duration + 60) * 1000 }));
}

/** Reads the last line that the script prints. A turn in which no answer came is an error, not a rate of 0. */
export function readWrkReport(out: string): WrkReport {
  const report = JSON.parse(out.trim().split("\n").at(-1) ?? "") as WrkReport;
  return report.requests === 0 ? { ...report, errors: Math.max(1, report.errors) } : report;
}
