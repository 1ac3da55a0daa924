import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** What a starting program says, once it says it. Rejects where it ends before. */
export async function firstLine(child: ChildProcess, what: RegExp): Promise<string> {
  if (child.stdout === null) throw new Error("the program has no output");
  const lines = createInterface({ input: child.stdout });
  try {
    for await (const line of lines) {
      const found = what.exec(line);
      if (found !== null) return found[1] ?? found[0];
    }
  } finally {
    lines.close();
    child.stdout.resume();
  }
  throw new Error(`the program ended (${child.exitCode ?? child.signalCode}) before it said ${what}`);
}
