import { spawn } from "node:child_process";
import path from "node:path";
import { text } from "node:stream/consumers";

const program = path.resolve(import.meta.dirname, "../../longstop.mjs");
const agent = path.join(import.meta.dirname, "agent.ts");

/**
 * How the gateway learns that an agent was begun again.
 * - `longstop run`: the agent is started by it, which names a fresh attempt each time
 * - `named`: the agent sends `Longstop-Attempt`, another one each time
 * - `detected`: it sends `Longstop-Run` and nothing else
 */
export type AttemptKind = "longstop run" | "named" | "detected";

/** What one agent that ran told of itself. */
export interface Attempt {
  /** A hash of what each step saw, in order: what the model said to the letter, ids included, or a receipt. */
  readonly saw: readonly string[];
  /** What it came to in the end; null where it was killed before. */
  readonly result: string | null;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote to the error output. */
  readonly complaint: string;
}

export interface AgentPlace {
  /** Where the gateway is, without a slash at the end. */
  readonly gateway: string;
  /** The name of the run; the model and the tool know it as well, by other ways. */
  readonly run: string;
  readonly kind: AttemptKind;
  /** Tells one start of the agent from another. */
  readonly start: number;
  /** The step behind which it is killed; null: it is left alone. */
  readonly crashAfter: number | null;
}

/** Runs the agent once, in a process of its own, to its end or until it is killed. */
export async function runAgent({ gateway, run, kind, start, crashAfter }: AgentPlace): Promise<Attempt> {
  const isUnder = kind === "longstop run";
  const child = spawn(
    process.execPath,
    isUnder ? [program, "run", run, "--gateway", gateway, "--quiet", "--", process.execPath, agent] : [agent],
    {
      env: {
        ...process.env,
        JOB: run,
        // The model's server counts by the key: it goes upstream, while the name of the run does not.
        OPENAI_API_KEY: `sk-${run}`,
        ...(crashAfter === null ? {} : { CRASH_AFTER_STEP: String(crashAfter) }),
        ...(isUnder ? {} : urlsOf(gateway, run)),
        ...(kind === "named" ? { LONGSTOP_ATTEMPT: `start-${start}` } : {}),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const ended = new Promise<Pick<Attempt, "code" | "signal">>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const [said, complaint, how] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const told = said
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { readonly saw?: string; readonly result?: string });
  const result = told.find((one) => one.result !== undefined)?.result ?? null;
  return { saw: told.flatMap(({ saw }) => saw ?? []), result, complaint, ...how };
}

function urlsOf(gateway: string, run: string): Readonly<Record<string, string>> {
  return {
    LONGSTOP_RUN: run,
    OPENAI_BASE_URL: `${gateway}/v1`,
    LONGSTOP_TOOLS_URL: `${gateway}/tools`,
  };
}
