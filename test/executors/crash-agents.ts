// node crash-agents.ts: agents in a process of their own, so that they can be killed as a machine would lose
// them. Each message is a list of jobs that begin at once; of each it tells what it heard, and that it ended.
import type { Place } from "./executor.ts";
import { executors } from "./executors.ts";

export interface CrashJob {
  readonly number: number;
  readonly executor: string;
  readonly place: Omit<Place, "hear">;
}

export interface CrashNews {
  readonly job: number;
  /** Null where the agent ended. */
  readonly heard: string | null;
}

process.on("message", (jobs: readonly CrashJob[]) => {
  for (const job of jobs) void work(job);
});

async function work({ number, executor: name, place }: CrashJob): Promise<void> {
  const tell = (heard: string | null): void =>
    void process.send?.({ job: number, heard } satisfies CrashNews);
  const executor = executors.find((one) => one.name === name);
  if (executor === undefined) throw new Error(`There is no executor ${name}.`);
  try {
    await executor.charge({ ...place, hear: tell });
  } catch {
    // What it heard last says why it gave up.
  }
  tell(null);
}
