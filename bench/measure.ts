import { setTimeout as sleep } from "node:timers/promises";
import type { Figure } from "./cell.ts";
import { loadCore, subjectCore } from "./processes.ts";
import {
  coresBusySeconds,
  cpuSeconds,
  ownCpuSeconds,
  scheduled,
  threadSeconds,
  threadsNamed,
  treeOf,
  type Scheduled,
} from "./proc.ts";

export interface Measured<T> {
  readonly outcome: T;
  /** CPU time of the subject with all its threads and children. */
  readonly cpuSeconds: number;
  /** How busy each core was with us, and with others, and how far they disturbed us: shares of one. */
  readonly figures: Readonly<Partial<Record<Figure, number>>>;
}

/** The processes of a measurement. */
export interface Parties {
  /** Null for `direct`. */
  readonly subject: number | null;
  readonly mock: number;
  /** The name of the subject's threads that are on the load's core; left out, none is. */
  readonly aside?: string;
}

/** Does `work` and says what it took. Whatever the load starts has to have ended with it. */
export async function measured<T>(parties: Parties, work: () => Promise<T>): Promise<Measured<T>> {
  const before = reading(parties);
  const outcome = await work();
  const after = reading(parties);
  const seconds = after.at - before.at;
  const subject = between(before.subject, after.subject);
  const mock = between(before.mock, after.mock);
  const aside = after.aside - before.aside;
  const load = mock.ran + after.own - before.own;
  const foreign = (core: number, ours: number): number =>
    Math.max(0, (after.cores[core] ?? 0) - (before.cores[core] ?? 0) - ours);
  const foreignSubject = foreign(subjectCore, subject.ran - aside);
  const foreignLoad = foreign(loadCore, load + aside);
  const ofSubject = {
    subjectCores: subject.ran / seconds,
    disturbedSubject: disturbedShare(subject, foreignSubject),
  };
  return {
    outcome,
    cpuSeconds: subject.ran,
    figures: {
      ...(parties.subject === null ? {} : ofSubject),
      loadCores: Math.max(0, load / seconds),
      foreignSubjectCore: foreignSubject / seconds,
      foreignLoadCore: foreignLoad / seconds,
      disturbedLoad: disturbedShare(mock, foreignLoad),
    },
  };
}

/**
 * Which part of the time that a process wanted others took from it. It may have waited for its own
 * threads, and others may have run while it wanted nothing: only what is both is a disturbance.
 */
export function disturbedShare({ ran, waited }: Scheduled, foreignSeconds: number): number {
  const taken = Math.max(0, Math.min(waited, foreignSeconds));
  return taken === 0 ? 0 : taken / (ran + taken);
}

function between(before: Scheduled, after: Scheduled): Scheduled {
  return { ran: after.ran - before.ran, waited: after.waited - before.waited };
}

function reading({ subject, mock, aside }: Parties) {
  const isAside = subject !== null && aside !== undefined;
  return {
    aside: isAside ? threadSeconds(subject, threadsNamed(subject, aside)) : 0,
    at: performance.now() / 1000,
    subject: scheduled(subject === null ? [] : treeOf(subject)),
    mock: scheduled(treeOf(mock)),
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
