import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CrashJob, CrashNews } from "./crash-agents.ts";
import type { Stage } from "./site.ts";

const program = join(import.meta.dirname, "crash-agents.ts");
const withinMs = 120_000;

/**
 * Agents in one process, which is killed when each is where it is to be lost; and all of them again in
 * another one. Gives what each heard last.
 */
export async function crashAndRunAgain(stages: readonly Stage[]): Promise<readonly string[]> {
  const answered = stages.filter(({ situation }) => situation.crash === "with the answer in hand");
  const waiting = stages.filter(({ situation }) => situation.crash === "while it waits");
  await inProcess(async (agents) => {
    // These first: of those that wait, none may have its answer when the process is killed.
    agents.begin(answered, "first");
    await agents.until(() => answered.every((stage) => agents.heard.has(stage)));
    agents.begin(waiting, "first");
    await agents.until(() => waiting.every(({ tools }) => tools.effects.length > 0));
    const early = waiting.find((stage) => agents.heard.has(stage));
    if (early !== undefined) throw new Error(`${early.executor.name} had its answer before it was killed.`);
  });
  return inProcess(async (agents) => {
    agents.begin(stages, "second");
    await agents.until(() => stages.every((stage) => agents.ended.has(stage)));
    return stages.map((stage) => agents.heard.get(stage) ?? "nothing");
  });
}

interface Agents {
  readonly heard: ReadonlyMap<Stage, string>;
  readonly ended: ReadonlySet<Stage>;
  begin(stages: readonly Stage[], attempt: "first" | "second"): void;
  until(isSo: () => boolean): Promise<void>;
}

/** Does `work` with agents in a process of their own, and kills it: no handler runs, every connection is cut. */
async function inProcess<T>(work: (agents: Agents) => Promise<T>): Promise<T> {
  const child = fork(program, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const gone = once(child, "exit");
  try {
    return await work(agentsIn(child));
  } finally {
    child.kill("SIGKILL");
    await gone;
  }
}

function agentsIn(child: ChildProcess): Agents {
  const begun: Stage[] = [];
  const heard = new Map<Stage, string>();
  const ended = new Set<Stage>();
  child.on("message", (news: CrashNews) => {
    const stage = begun[news.job];
    if (stage === undefined) return;
    if (news.heard === null) ended.add(stage);
    else heard.set(stage, news.heard);
  });
  return {
    heard,
    ended,
    begin(stages, attempt) {
      const jobs = stages.map((stage): CrashJob => ({
        number: begun.push(stage) - 1,
        executor: stage.executor.name,
        place: { ...stage.urls(attempt), order: stage.name, timeoutMs: stage.situation.timeoutMs },
      }));
      child.send(jobs);
    },
    async until(isSo) {
      for (const began = Date.now(); !isSo();) {
        if (child.exitCode !== null)
          throw new Error(`The agents ended by themselves with ${child.exitCode}.`);
        if (Date.now() - began > withinMs) throw new Error("The agents did not get there.");
        await sleep(20);
      }
    },
  };
}
