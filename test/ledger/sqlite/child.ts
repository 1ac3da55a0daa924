import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A ledger in a process of its own, and what it has said so far. */
export interface LedgerProcess {
  readonly lines: readonly string[];
  /** Resolves once it has said `count` lines, or has ended. */
  said(count: number): Promise<void>;
  kill(): Promise<void>;
}

export function ledgerProcess(task: "hold" | "hammer", file: string): LedgerProcess {
  const script = fileURLToPath(new URL("./ledger-process.ts", import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [script, task, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const ended = once(child, "close");
  let wake: (() => void) | null = null;
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      wake?.();
    });
  }
  return {
    lines,
    said: async (count) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = () => lines.length >= count && resolve();
      wake();
      await Promise.race([promise, ended]);
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
