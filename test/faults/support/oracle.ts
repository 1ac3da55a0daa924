import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Effect } from "../../../examples/tool-server/effect-log.ts";
import type { ToolServerMode } from "../../../examples/tool-server/tool-server.ts";
import { firstLine } from "./first-line.ts";

const program = join(import.meta.dirname, "../../../examples/tool-server/main.ts");

/** What one dispatch brought to the tool, whatever became of it. */
export interface Dispatched {
  readonly operation: string | null;
  readonly idempotencyKey: string | null;
}

/**
 * The only truth of a fault test: a tool in a process of its own that writes down what it really did,
 * synced to the disk before anybody hears of it.
 */
export interface Oracle {
  readonly mode: ToolServerMode;
  readonly url: string;
  readonly child: ChildProcess;
  /** What happened, from the log on the disk alone. */
  effects(): readonly Effect[];
  /** Every call that arrived, with effect or without. */
  dispatched(): Promise<readonly Dispatched[]>;
  stop(): Promise<void>;
}

export interface OracleOptions {
  readonly mode: ToolServerMode;
  /** The file of effects; a tool that is started again on the same file goes on with it. */
  readonly log: string;
  readonly port?: number;
  readonly retentionSeconds?: number;
}

export async function startOracle({
  mode,
  log,
  port = 0,
  retentionSeconds = 86_400,
}: OracleOptions): Promise<Oracle> {
  const settings = ["--port", String(port), "--retention-seconds", String(retentionSeconds)];
  const child = spawn(process.execPath, [program, "--mode", mode, "--log", log, ...settings], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await firstLine(child, /http:\S+/);
  return {
    mode,
    url,
    child,
    effects: () => effectsIn(log),
    async dispatched() {
      const answer = await fetch(`${url}/-/requests`);
      const { requests } = (await answer.json()) as {
        requests: readonly { readonly headers: Readonly<Record<string, string>> }[];
      };
      return requests.map(({ headers }) => ({
        operation: headers["x-operation"] ?? null,
        idempotencyKey: headers["idempotency-key"] ?? null,
      }));
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function effectsIn(log: string): readonly Effect[] {
  const lines = readFileSync(log, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Effect);
}
