import { setTimeout as sleep } from "node:timers/promises";
import type { Figure } from "./cell.ts";
import { loadCore, subjectCore } from "./processes.ts";
import { coresBusySeconds, cpuSeconds, ownCpuSeconds, treeOf } from "./proc.ts";

export interface Measured<T> {
  readonly outcome: T;
  readonly seconds: number;
  /** CPU time of the subject with all its threads and children. */
  readonly cpuSeconds: number;
  /** How busy each core was with us, and with others, as shares of one core. */
  readonly figures: Readonly<Partial<Record<Figure, number>>>;
}

/** The processes of a measurement. */
export interface Parties {
  /** Null for `direct`. */
  readonly subject: number | null;
  readonly mock: number;
}

/** Does `work` and says what it took. Whatever the load starts has to have ended with it. */
export async function measured<T>(parties: Parties, work: () => Promise<T>): Promise<Measured<T>> {
  const before = reading(parties);
  const began = performance.now();
  const outcome = await work();
  const seconds = (performance.now() - began) / 1000;
  const after = reading(parties);
  const cpu = after.subject - before.subject;
  const load = after.mock - before.mock + after.own - before.own;
  const busy = (core: number): number => (after.cores[core] ?? 0) - (before.cores[core] ?? 0);
  const share = (spent: number): number => Math.max(0, spent / seconds);
  return {
    outcome,
    seconds,
    cpuSeconds: cpu,
    figures: {
      ...(parties.subject === null ? {} : { subjectCores: share(cpu) }),
      loadCores: share(load),
      foreignSubjectCore: share(busy(subjectCore) - cpu),
      foreignLoadCore: share(busy(loadCore) - load),
    },
  };
}

function reading({ subject, mock }: Parties) {
  return {
    subject: subject === null ? 0 : cpuSeconds(treeOf(subject)),
    mock: cpuSeconds(treeOf(mock)),
    own: ownCpuSeconds(),
    cores: coresBusySeconds(),
  };
}

/** Waits until a subject has nothing left to do: a load that ends leaves it requests that nobody waits for. */
export async function untilIdle(pid: number | null, timeoutMs = 10_000): Promise<void> {
  if (pid === null) return;
  const until = Date.now() + timeoutMs;
  for (let before = cpuSeconds(treeOf(pid)); Date.now() < until;) {
    await sleep(100);
    const now = cpuSeconds(treeOf(pid));
    if (now - before < 0.005) return;
    before = now;
  }
}

/** Cores that are busy with less than this, all together, are left alone. */
const quietShare = 0.2;

/** Waits until others leave the cores alone, or the time is up. */
export async function untilQuiet(timeoutSeconds: number): Promise<void> {
  const until = Date.now() + timeoutSeconds * 1000;
  const total = (): number => coresBusySeconds().reduce((sum, one) => sum + one, 0);
  for (let before = total(); Date.now() < until;) {
    await sleep(200);
    const now = total();
    if ((now - before) / 0.2 < quietShare) return;
    before = now;
  }
}
