import { execFileSync } from "node:child_process";
import { threadsNamed } from "../proc.ts";
import { loadCore } from "../processes.ts";

/** What Node calls a worker's thread: of ours, only the ledger's has something to do in this bench. */
export const ledgerThread = "WorkerThread";

/**
 * Puts the ledger's thread beside the load, as it is where a gateway has two cores: it does its work at the
 * same time as the main thread, and load and tool need a third of their core.
 */
export function moveLedgerThread(pid: number): void {
  for (const thread of threadsNamed(pid, ledgerThread)) {
    execFileSync("taskset", ["-p", "-c", String(loadCore), thread], { stdio: "ignore" });
  }
}
