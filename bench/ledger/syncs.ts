import { readFileSync } from "node:fs";
import { join } from "node:path";

// Syncs are counted, and slowed, where they happen: at the system call, by strace. Nothing in the program or in
// its libraries takes part, so what is counted is what the disk is asked for, whatever the store believes.

const calls = "fsync,fdatasync";

/** Where the syncs of the gateway on this port are written down. */
export function syncsFile(folder: string, port: number): string {
  return join(folder, `syncs-${port}.log`);
}

/**
 * strace in front of a program. The program keeps its process (`-D`), and all but the syncs run at full speed
 * (`--seccomp-bpf`). `addedMs` is what each sync takes longer.
 */
export function traced(file: string, addedMs: number): readonly string[] {
  return ["strace", "-D", "--seccomp-bpf", ...tracing(file, addedMs)];
}

/** strace beside programs that run already. It then stops at each of their calls, so they are slower. */
export function attached(file: string, addedMs: number, pids: readonly number[]): readonly string[] {
  return ["strace", ...tracing(file, addedMs), ...pids.flatMap((pid) => ["-p", String(pid)])];
}

function tracing(file: string, addedMs: number): readonly string[] {
  const trace = ["-f", "-qq", "-ttt", "-o", file, "-e", `trace=${calls}`];
  if (addedMs === 0) return trace;
  return [...trace, "-e", `inject=${calls}:delay_enter=${Math.round(addedMs * 1000)}`];
}

/** Syncs that began in a time, as strace wrote them down; of one that others interrupted only its beginning. */
export function countSyncs(log: string, fromMs: number, toMs: number): number {
  return log.split("\n").filter((line) => {
    const atMs = Number(/^\d+\s+(\d+\.\d+) f(?:data)?sync\(/.exec(line)?.[1]) * 1000;
    return atMs >= fromMs && atMs <= toMs;
  }).length;
}

export function readSyncs(file: string, fromMs: number, toMs: number): number {
  return countSyncs(readFileSync(file, "utf8"), fromMs, toMs);
}
