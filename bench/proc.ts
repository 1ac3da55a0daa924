import { readdirSync, readFileSync } from "node:fs";

// Figures of the kernel about processes and cores. A process that has just ended has none: it then
// counts as nothing, which is what a measurement between two readings needs.

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A process and all that it has started. */
export function treeOf(pid: number): readonly number[] {
  const children = threadsOf(pid).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).trim().split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
}

/** What the scheduler gave processes with all their threads, and what it let them wait for, seconds. */
export interface Scheduled {
  readonly ran: number;
  /** Ready to run, while something else had the core. */
  readonly waited: number;
}

/** Finer than the ticks of /proc/PID/stat (sched-stats.rst of the kernel's documentation). */
export function scheduled(pids: readonly number[]): Scheduled {
  let ran = 0;
  let waited = 0;
  for (const pid of pids) {
    for (const thread of threadsOf(pid)) {
      const [on = 0, off = 0] = read(`/proc/${pid}/task/${thread}/schedstat`).split(" ").map(Number);
      ran += on;
      waited += off;
    }
  }
  return { ran: ran / 1e9, waited: waited / 1e9 };
}

/** The threads of a process that have this name. */
export function threadsNamed(pid: number, name: string): readonly string[] {
  return threadsOf(pid).filter((thread) => read(`/proc/${pid}/task/${thread}/comm`).trim() === name);
}

/** The time that these threads of a process ran, seconds. */
export function threadSeconds(pid: number, threads: readonly string[]): number {
  const ran = threads.map((thread) => Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]));
  return ran.reduce((sum, one) => sum + one, 0) / 1e9;
}

export function cpuSeconds(pids: readonly number[]): number {
  return scheduled(pids).ran;
}

export function rssMiB(pids: readonly number[]): number {
  const kib = pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0));
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}

/** A tick of /proc/stat, seconds: USER_HZ, which Linux shows to programs as 100 everywhere. */
const tickSeconds = 0.01;

/** Busy time of each core since the machine's start, seconds. */
export function coresBusySeconds(): readonly number[] {
  return read("/proc/stat")
    .split("\n")
    .filter((line) => /^cpu\d/.test(line))
    .map((line) => {
      // user nice system idle iowait irq softirq steal: all but idle and iowait is busy.
      const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
        .split(/\s+/)
        .slice(1)
        .map(Number);
      return (user + nice + system + irq + softirq + steal) * tickSeconds;
    });
}

/** CPU time of this process and of those of its children that have ended, seconds. */
export function ownCpuSeconds(): number {
  const fields = read("/proc/self/stat").split(") ")[1]?.split(" ").map(Number) ?? [];
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15);
  return (user + system + childrenUser + childrenSystem) * tickSeconds;
}

/** Open files that this process, and those it starts, may have; Infinity where nothing limits them. */
export function openFilesMax(): number {
  const [, limit = ""] = /^Max open files\s+(\S+)/m.exec(read("/proc/self/limits")) ?? [];
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}
