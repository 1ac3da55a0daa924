import { readFileSync } from "node:fs";

/** The subject has one core, load and mock have the other, so that they do not take its time. */
export interface Cores {
  readonly subject: number;
  readonly load: number;
}

/** Reads a list of the kernel's, such as "0-2,5". */
export function readCoreList(text: string): readonly number[] {
  return text
    .trim()
    .split(",")
    .filter(Boolean)
    .flatMap((range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

/**
 * Two cores of those that this process may use. Where there is a choice they are no siblings: two
 * threads of one core take each other's time. Null where there is but one.
 */
export function chooseCores(
  allowed: readonly number[],
  siblingsOf: (core: number) => readonly number[],
): Cores | null {
  const [subject, second] = allowed;
  if (subject === undefined || second === undefined) return null;
  const siblings = siblingsOf(subject);
  return { subject, load: allowed.find((core) => core !== subject && !siblings.includes(core)) ?? second };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The cores of this run, as the kernel shows them (proc_pid_status(5), and cputopology.rst of its documentation). */
export function findCores(): Cores | null {
  const [, allowed = ""] = /^Cpus_allowed_list:\s+(\S+)/m.exec(read("/proc/self/status")) ?? [];
  return chooseCores(readCoreList(allowed), (core) =>
    readCoreList(read(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`)),
  );
}
