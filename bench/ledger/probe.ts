// Loaded into a gateway before the gateway itself (`node --import`): says on a socket how late its event loop
// was, and how much it wrote to its ledger, since it was asked before. Nothing of it is in the program.
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread, Worker } from "node:worker_threads";
import type { Message } from "../../src/ledger/sqlite/message.ts";
import type { VerbName } from "../../src/ledger/sqlite/verbs.ts";

export interface Probed {
  /** The 99th percentile of what a timer comes too late, ms. */
  readonly loopDelayP99Ms: number;
  /** Questions to the ledger's thread that write. */
  readonly writes: number;
}

export const writingVerbs: ReadonlySet<VerbName> = new Set<VerbName>([
  "claim",
  "renew",
  "settle",
  "markDelivered",
  "append",
  "put",
  "putAll",
  "sweep",
  "confirm",
]);

const resolutionMs = 1;

/** Counts what is sent to any thread: one of ours is the ledger's, and the verbs are its own. */
function countWrites(): () => number {
  let writes = 0;
  const written = new RegExp(`"verb":"(?:${[...writingVerbs].join("|")})"`, "g");
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function post(this: Worker, sent: unknown, ...rest: unknown[]): void {
    if (isMessage(sent)) writes += [...sent.json.matchAll(written)].length;
    (postMessage as (...args: unknown[]) => void).call(this, sent, ...rest);
  };
  return () => {
    const since = writes;
    writes = 0;
    return since;
  };
}

function isMessage(sent: unknown): sent is Message {
  return typeof sent === "object" && sent !== null && "json" in sent && typeof sent.json === "string";
}

function listen(file: string): void {
  const writesSince = countWrites();
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  // The launcher starts itself anew in the same process, and leaves the file behind.
  rmSync(file, { force: true });
  const server = createServer((socket) => {
    const probed: Probed = {
      // The histogram has the time between two looks, of which one resolution is meant.
      loopDelayP99Ms: Math.max(0, delays.percentile(99) / 1e6 - resolutionMs),
      writes: writesSince(),
    };
    delays.reset();
    socket.on("error", () => socket.destroy()).end(JSON.stringify(probed));
  });
  // It alone does not keep a gateway alive that was told to stop.
  server.listen(file).unref();
}

const file = process.env["LONGSTOP_BENCH_PROBE"];
if (isMainThread && file !== undefined) listen(file);
