import { Worker } from "node:worker_threads";
import type { LedgerPorts } from "../ledger-store.ts";
import type { Ask, Reply } from "./batch.ts";
import { ledgerDown, unpackFailure } from "./failures.ts";
import { buffersOf, packAsks, unpackReplies, type Message } from "./message.ts";
import type { SqliteLimits } from "./options.ts";
import { makeSharedBytes, SharedBytes } from "./shared-bytes.ts";
import type { Answer, Question, VerbName } from "./verbs.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker.ts";

/** Questions, and bytes in them, that may wait for the disk: beyond it the ledger counts as down. */
export const asksWaitingMax = 20_000;
export const bytesWaitingMax = 64 * 1024 * 1024;

/**
 * So many questions go at once, others with the next turn of the event loop: each message has its price, and
 * a thread that waits for the last of many does nothing meanwhile.
 */
const asksPerMessage = 8;

/** Things, and bytes in them, that one question is about at most: its neighbours wait as long as it takes. */
const joinedMax = 256;
const joinedBytesMax = 64 * 1024;

/** The verbs whose question is a list, of things that share their answer or have it in the same order. */
type ListVerb = "putAll" | "renew";
type Listed<Name extends ListVerb> = Question<Name>[number];

/** A question that is not sent yet: others of its verb may still be added. */
interface Open {
  readonly seq: number;
  readonly verb: VerbName;
  readonly list: unknown[];
  readonly answer: Promise<unknown>;
  bytes: number;
}

interface Waiting {
  bytes: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/** The main thread's end of the line to the worker that owns the database. */
export class LedgerThread {
  readonly #worker: Worker;
  readonly #file: string;
  readonly #shared: SharedBytes;
  readonly #now: () => number;
  readonly #soon: (work: () => void) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #outbox: Ask[] = [];
  /** The last question of the outbox, where it is a list. */
  #open: Open | null = null;
  /** Replies that came, and are not handed over yet. */
  readonly #told: Reply[] = [];
  #sent = 0;
  #bytesWaiting = 0;
  #seq = 0;
  #ended: Error | null = null;

  /** Resolves when the database is open; rejects with `ledger_down` and the remedy when it cannot be. */
  static async start(limits: SqliteLimits, ports: LedgerPorts): Promise<LedgerThread> {
    // The worker is a file of its own: .ts beside this one when run from source, .js in a build.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const shared = makeSharedBytes();
    const workerData: WorkerStart = { limits, role: ports.role, nowMs: ports.now(), shared };
    const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData });
    const first = await new Promise<FromWorker>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", (cause) =>
        reject(ledgerDown(`The ledger ${limits.file} cannot be opened.`, cause)),
      );
    });
    if (first.kind === "refused") throw unpackFailure(first.failure);
    if (first.kind === "open") first.remarks.forEach((remark) => ports.report(remark));
    return new LedgerThread(worker, limits.file, shared, ports);
  }

  private constructor(worker: Worker, file: string, shared: SharedArrayBuffer, { now, soon }: LedgerPorts) {
    this.#worker = worker;
    this.#file = file;
    this.#shared = new SharedBytes(shared);
    this.#now = now;
    this.#soon = soon ?? ((work) => work());
    this.#exited = new Promise((resolve) => worker.once("exit", () => resolve()));
    worker.removeAllListeners("error");
    worker.on("message", (sent: FromWorker) => sent.kind === "replies" && this.#settle(sent.replies));
    worker.on("error", (cause) => this.#end(ledgerDown(`The ledger ${file} stopped working.`, cause)));
    worker.once("exit", () => this.#end(ledgerDown(`The ledger ${file} is closed.`)));
  }

  /** Messages so far: what is asked now goes with the next one. */
  get sent(): number {
    return this.#sent;
  }

  /** Why nothing can be asked any more, or null. */
  get ended(): Error | null {
    return this.#ended;
  }

  /**
   * Asks the worker. All that is asked in one turn of the event loop goes in one message, so it is
   * committed together. `bytes` are handed over: the caller must not use them again.
   */
  ask<Name extends VerbName>(
    verb: Name,
    question: Question<Name>,
    bytes?: Uint8Array<ArrayBuffer>,
  ): Promise<Answer<Name>> {
    return this.#ask(verb, question, bytes?.byteLength ?? 0);
  }

  /**
   * As `ask` with a list of one, but what comes right behind another of its verb is asked with that: one
   * question, one answer, and never out of its order. `size` is that of the bytes in it, which nobody may
   * change any more. Gives the answer to all, and the place of this one.
   */
  join<Name extends ListVerb>(
    verb: Name,
    one: Listed<Name>,
    size = 0,
  ): Promise<{ readonly answer: Answer<Name>; readonly at: number }> {
    const open = this.#openFor(verb, size);
    if (open !== null) {
      const at = open.list.push(one) - 1;
      const waiting = this.#waiting.get(open.seq);
      if (waiting !== undefined) waiting.bytes += size;
      open.bytes += size;
      this.#bytesWaiting += size;
      return open.answer.then((answer) => ({ answer: answer as Answer<Name>, at }));
    }
    const list = [one];
    const before = this.#seq;
    const answer = this.#ask(verb, list as unknown as Question<Name>, size);
    // It may have been refused, or have left already with a message that was full.
    if (this.#seq > before && this.#outbox.length > 0)
      this.#open = { seq: this.#seq, verb, list, answer, bytes: size };
    return answer.then((all) => ({ answer: all, at: 0 }));
  }

  /** The question that such a thing can be added to, or null. */
  #openFor(verb: VerbName, size: number): Open | null {
    const open = this.#open;
    if (open?.verb !== verb || open.list.length >= joinedMax || open.bytes + size > joinedBytesMax)
      return null;
    return this.#bytesWaiting + size > bytesWaitingMax ? null : open;
  }

  #ask<Name extends VerbName>(verb: Name, question: Question<Name>, size: number): Promise<Answer<Name>> {
    this.#open = null;
    if (this.#ended !== null) return Promise.reject(this.#ended);
    if (this.#waiting.size >= asksWaitingMax || this.#bytesWaiting + size > bytesWaitingMax) {
      return Promise.reject(
        ledgerDown(`The ledger ${this.#file} cannot keep up: too much waits for the disk.`),
      );
    }
    const seq = (this.#seq += 1);
    const asks = this.#outbox.push({ seq, verb, question, nowMs: this.#now() });
    if (asks === 1) setImmediate(() => this.#flush());
    else if (asks === asksPerMessage) this.#flush();
    this.#bytesWaiting += size;
    return new Promise((resolve, reject) => {
      this.#waiting.set(seq, { bytes: size, resolve: resolve as Waiting["resolve"], reject });
    });
  }

  /** Answers what was asked, then closes the database. */
  async close(): Promise<void> {
    if (this.#ended === null) {
      this.#flush();
      this.#ended = ledgerDown(`The ledger ${this.#file} is closed.`);
      this.#worker.postMessage("close" satisfies ToWorker, []);
    }
    await this.#exited;
  }

  #flush(): void {
    const asks = this.#outbox;
    this.#outbox = [];
    this.#open = null;
    if (asks.length === 0) return;
    this.#sent += 1;
    const message = packAsks(asks, this.#shared);
    this.#worker.postMessage(message satisfies ToWorker, buffersOf(message));
  }

  #settle(message: Message): void {
    for (const reply of unpackReplies(message)) {
      this.#told.push(reply);
      this.#soon(() => this.#answerNext());
    }
  }

  #answerNext(): void {
    const reply = this.#told.shift();
    if (reply !== undefined) this.#answer(reply);
  }

  #answer(reply: Reply): void {
    const waiting = this.#waiting.get(reply.seq);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.seq);
    this.#bytesWaiting -= waiting.bytes;
    this.#shared.release(reply.seq);
    if ("failure" in reply) waiting.reject(unpackFailure(reply.failure));
    else waiting.resolve(reply.answer);
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    // What was done is not refused because the thread ended before it was said.
    while (this.#told.length > 0) this.#answerNext();
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
  }
}
