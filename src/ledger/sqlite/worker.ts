import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import type { LedgerPorts } from "../ledger-store.ts";
import { runBatch, type Ask } from "./batch.ts";
import { asFailure, packFailure, type Failure } from "./failures.ts";
import { buffersOf, packReplies, unpackAsks, type Message } from "./message.ts";
import { openStore, type OpenStore } from "./opening.ts";
import type { SqliteLimits } from "./options.ts";

/** What the worker is started with. */
export interface WorkerStart {
  readonly limits: SqliteLimits;
  readonly role: LedgerPorts["role"];
  readonly nowMs: number;
  /** Where bytes are that questions speak of. */
  readonly shared: SharedArrayBuffer;
}

/** To the worker: questions, in order; `close` ends it once they are answered. */
export type ToWorker = Message | "close";

/** From the worker: how the opening went, then answers. */
export type FromWorker =
  | { readonly kind: "open"; readonly remarks: readonly string[] }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "replies"; readonly replies: Message };

/** Questions in one commit at most: a bound on how long the first of them waits. */
const asksPerCommitMax = 512;

/** Answers over the port until told to close. The thread does nothing else, so it may block on the disk. */
function serve(port: MessagePort, open: OpenStore, shared: SharedArrayBuffer): void {
  const waiting: Ask[] = [];
  let isClosing = false;
  const take = (sent: ToWorker): void => {
    if (sent === "close") isClosing = true;
    else waiting.push(...unpackAsks(sent, shared));
  };
  // Whatever came while the last commit was flushed is taken at once: batches form by themselves.
  const takeAll = (): void => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      take(next.message as ToWorker);
    }
  };
  port.on("message", (sent: ToWorker) => {
    take(sent);
    takeAll();
    while (waiting.length > 0) {
      const replies = packReplies(runBatch(open.store, waiting.splice(0, asksPerCommitMax)));
      port.postMessage({ kind: "replies", replies } satisfies FromWorker, buffersOf(replies));
      takeAll();
    }
    if (isClosing) {
      open.close();
      port.close();
    }
  });
}

function start(port: MessagePort): void {
  const { limits, role, nowMs, shared } = workerData as WorkerStart;
  try {
    const open = openStore(limits, role, nowMs);
    serve(port, open, shared);
    port.postMessage({ kind: "open", remarks: open.remarks } satisfies FromWorker);
  } catch (thrown) {
    const failure = packFailure(asFailure(thrown, limits.file));
    port.postMessage({ kind: "refused", failure } satisfies FromWorker);
    port.close();
  }
}

if (parentPort !== null) start(parentPort);
