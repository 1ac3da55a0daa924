import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAll, stopAll } from "./processes.ts";

/**
 * One run of a bench from the command line, in a folder of its own that is gone afterwards, like everything
 * that was started. Gives the exit code: 0 where `work` says that all went well.
 */
export async function session(
  name: string,
  usage: string,
  work: (args: readonly string[], folder: string) => Promise<boolean>,
): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    console.log(usage);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "longstop-bench-"));
  // However the bench ends: nothing that it started goes on, and nothing that it wrote stays.
  process.once("exit", () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => process.exit(130));
  try {
    return (await work(args, folder)) ? 0 : 1;
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await stopAll();
  }
}
