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
  /** What happened, from the log on the disk alone. */
  effects(): readonly Effect[];
  /** Every call that arrived, with effect or without. */
  dispatched(): Promise<readonly Dispatched[]>;
  /** Kills it, does `what`, and starts it again at the same address. It has forgotten its keys then. */
  whileGone(what: () => Promise<void>): Promise<void>;
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
  const launch = (on: number): ChildProcess => {
    const settings = ["--port", String(on), "--retention-seconds", String(retentionSeconds)];
    return spawn(process.execPath, [program, "--mode", mode, "--log", log, ...settings], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  };
  let child = launch(port);
  const url = await firstLine(child, /http:\S+/);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  };
  return {
    mode,
    url,
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
    async whileGone(what) {
      await kill();
      await what();
      child = launch(Number(new URL(url).port));
      await firstLine(child, /http:\S+/);
    },
    stop: kill,
  };
}

function effectsIn(log: string): readonly Effect[] {
  const lines = readFileSync(log, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Effect);
}
