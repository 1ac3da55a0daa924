import { upstreamKey } from "../../../src/proxy/effects/operation-key.ts";
import { ReceivedAnswer } from "../../../src/proxy/received-answer.ts";
import { LongstopError } from "../../../src/exchange/error.ts";
import { answerError, UpstreamFailure, type UpstreamAnswer } from "../../../src/proxy/upstream.ts";
import type { UpstreamRequest, Upstreams } from "../../../src/proxy/upstream.ts";
import { headerOf } from "../../../src/proxy/upstream-headers.ts";
import type { Disk } from "./store.ts";
import type { Process, World } from "./world.ts";

/** `dumb`: every call that arrives is an effect. `keyed`: one for each key, as long as it is remembered. */
export type ToolMode = "dumb" | "keyed";

/** What goes wrong with one dispatch. */
const mishaps = {
  none: 6,
  slow: 2,
  "never answers": 0.5,
  "lost on the way": 0.7,
  "not sent": 0.7,
  "dropped after the effect": 1,
  "dropped before the effect": 0.5,
  "body cut": 0.5,
  "500 after the effect": 0.5,
  "503 before the effect": 0.4,
  "402 that is kept": 0.4,
  "404": 0.5,
  "409": 0.3,
} as const;
type Mishap = keyof typeof mishaps;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What is said without anything being done. */
const refusals: Partial<Record<Mishap, Answer>> = {
  "503 before the effect": { status: 503, body: "unavailable" },
  "402 that is kept": { status: 402, body: "no money" },
  "404": { status: 404, body: "no such thing" },
  "409": { status: 409, body: "in the way" },
};

/** The tool and the way there, as they really are: who did what how often, under which keys. */
export class Tool {
  readonly mode: ToolMode;
  readonly #world: World;
  readonly #disk: Disk;
  /** How often each operation was done. */
  readonly effects = new Map<string, number>();
  /** The keys under which each operation was dispatched. */
  readonly keys = new Map<string, Set<string>>();
  readonly #remembered = new Map<string, Answer>();
  readonly #running = new Set<string>();
  /** Operations that were refused with 402: another key is right for them. */
  readonly refusedForMoney = new Set<string>();
  #done = 0;

  constructor(world: World, disk: Disk, mode: ToolMode) {
    this.#world = world;
    this.#disk = disk;
    this.mode = mode;
  }

  /** The tool as one gateway reaches it. */
  reachedFrom(process: Process): Upstreams {
    const send = (request: UpstreamRequest): Promise<UpstreamAnswer> => this.#send(process, request);
    return { send, close: async () => {} } as unknown as Upstreams;
  }

  #send(process: Process, request: UpstreamRequest): Promise<UpstreamAnswer> {
    const world = this.#world;
    const operation = headerOf(request.headers, "x-operation") ?? "";
    const key = headerOf(request.headers, "idempotency-key") ?? "";
    const account = headerOf(request.headers, "authorization") ?? "";
    const mishap = world.faulty ? world.random.weighted(mishaps) : "none";
    world.count(`tool: ${mishap}`);
    world.say(process.name, `dispatches ${operation} under ${key.slice(0, 18)} (${mishap})`);
    this.#mustBeWritten(operation, key);
    this.keys.set(operation, (this.keys.get(operation) ?? new Set()).add(`${account} ${key}`));
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamAnswer>();
    if (mishap === "not sent") {
      const error = new LongstopError("upstream_unreachable", "The simulated tool is not there.", {
        retryAfterSeconds: 5,
      });
      world.after(world.random.between(1, 50), process, () => reject(new UpstreamFailure("no", error, null)));
      return promise;
    }
    const answer = new Conversation(world, process, request, resolve, reject);
    if (mishap === "lost on the way") return promise;
    const isLate = mishap === "slow";
    // What has left arrives, whatever becomes of who sent it.
    world.after(world.random.between(1, isLate ? 4000 : 20), null, () => {
      this.#arrived(
        operation,
        `${account} ${key}`,
        mishap,
        answer,
        isLate ? world.random.between(500, 9000) : 0,
      );
    });
    return promise;
  }

  /** Invariant: the intent is on disk before the first byte is dispatched. */
  #mustBeWritten(operation: string, key: string): void {
    const written = this.#disk
      .open()
      .some(({ id, tenant, clientKey, keyEpoch }) =>
        clientKey === null ? upstreamKey(tenant, id, keyEpoch - 1) === key : clientKey === key,
      );
    if (!written) this.#world.violated(`${operation} was dispatched and no intent is written`);
  }

  #arrived(operation: string, key: string, mishap: Mishap, answer: Conversation, lateMs: number): void {
    const world = this.#world;
    const afterMs = lateMs + world.random.between(1, 20);
    const remembered = this.mode === "keyed" ? this.#remembered.get(key) : undefined;
    if (remembered !== undefined) {
      world.count("tool: a key that is remembered");
      return answer.whole(afterMs, remembered);
    }
    if (this.mode === "keyed" && this.#running.has(key)) {
      world.count("tool: a key that is at work");
      return answer.whole(afterMs, { status: 409, body: "at work" });
    }
    const refusal = refusals[mishap];
    if (mishap === "dropped before the effect") return answer.dropped(afterMs);
    if (refusal !== undefined) {
      if (refusal.status === 402) {
        this.refusedForMoney.add(operation);
        if (this.mode === "keyed") this.#remembered.set(key, refusal);
      }
      return answer.whole(afterMs, refusal);
    }
    const done = this.#effect(operation);
    if (this.mode === "keyed") {
      this.#running.add(key);
      world.after(lateMs, null, () => this.#running.delete(key));
      // It is remembered from the moment of the effect on, as a service does that writes both at once.
      world.after(lateMs, null, () => this.#remembered.set(key, done));
    }
    if (mishap === "never answers") return;
    if (mishap === "dropped after the effect") return answer.dropped(afterMs);
    if (mishap === "body cut") return answer.cut(afterMs, done);
    const isFailed = mishap === "500 after the effect";
    answer.whole(afterMs, isFailed ? { status: 500, body: "failed after the work" } : done);
  }

  #effect(operation: string): Answer {
    const times = (this.effects.get(operation) ?? 0) + 1;
    this.effects.set(operation, times);
    this.#world.say("tool", `does ${operation}`);
    return { status: 201, body: JSON.stringify({ receipt: (this.#done += 1) }) };
  }
}

/** One dispatch: its answer comes piece by piece, or not at all, to a gateway that may be gone. */
export class Conversation {
  readonly #world: World;
  readonly #process: Process;
  readonly #answer: ReceivedAnswer;
  #ended = false;
  readonly #raw: { rawHeaders: string[] };

  constructor(
    world: World,
    process: Process,
    { target, headersMs = 30_000 }: UpstreamRequest,
    resolve: (answer: UpstreamAnswer) => void,
    reject: (failure: UpstreamFailure) => void,
  ) {
    this.#world = world;
    this.#process = process;
    this.#answer = new ReceivedAnswer(target, {
      headers: resolve,
      failed: (cause) => reject(new UpstreamFailure("maybe", answerError(cause, target), cause)),
    });
    this.#raw = { rawHeaders: ["content-type", "application/json"] };
    this.#answer.onRequestStart(this.#controller);
    world.after(headersMs, process, () => {
      if (this.#answer.status === 0) this.#fail("UND_ERR_HEADERS_TIMEOUT");
    });
  }

  get #controller(): Parameters<ReceivedAnswer["onRequestStart"]>[0] {
    const controller = {
      ...this.#raw,
      paused: false,
      resume: () => {},
      pause: () => {},
      abort: () => {},
    };
    return controller as unknown as Parameters<ReceivedAnswer["onRequestStart"]>[0];
  }

  whole(afterMs: number, answer: Answer): void {
    this.#begin(afterMs, answer, () => {
      this.#ended = true;
      this.#answer.onResponseEnd();
    });
  }

  cut(afterMs: number, answer: Answer): void {
    this.#begin(afterMs, { ...answer, body: answer.body.slice(0, 4) }, () => this.#fail("UND_ERR_SOCKET"));
  }

  /** A stream in pieces. `cut`: the connection breaks behind them, else the body ends. */
  streamed(afterMs: number, pieces: readonly string[], cut: boolean): void {
    const [first, ...rest] = pieces;
    this.#world.after(afterMs, this.#process, () => {
      if (this.#ended) return;
      if (this.#answer.status === 0) {
        this.#raw.rawHeaders = ["content-type", "text/event-stream"];
        this.#answer.onResponseStart(this.#controller, 200);
      }
      if (first !== undefined) {
        this.#answer.onResponseData(this.#controller, Buffer.from(first));
        return this.streamed(this.#world.random.between(1, 60), rest, cut);
      }
      if (cut) return this.#fail("UND_ERR_SOCKET");
      this.#ended = true;
      this.#answer.onResponseEnd();
    });
  }

  /** Nobody wants it any more: whoever waits for it hears so. */
  abort(): void {
    this.dropped(0);
  }

  dropped(afterMs: number): void {
    this.#world.after(afterMs, this.#process, () => this.#fail("UND_ERR_SOCKET"));
  }

  #begin(afterMs: number, { status, body }: Answer, end: () => void): void {
    const between = this.#world.random.between(0, 10);
    this.#world.after(afterMs, this.#process, () => {
      // Nobody waits any more.
      if (this.#ended) return;
      this.#answer.onResponseStart(this.#controller, status);
      this.#world.after(between, this.#process, () => {
        this.#answer.onResponseData(this.#controller, Buffer.from(body));
        end();
      });
    });
  }

  #fail(code: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#answer.onResponseError(null, Object.assign(new Error(code), { code }));
  }
}
