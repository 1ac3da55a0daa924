import { request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * How a caller says that it is the same call again. `key`: an idempotency key. `run`: the same attempt
 * of the same run. `rerun`: each time a later attempt, as a crashed agent that is started again.
 * `anonymous`: not at all.
 */
export const ways = ["key", "run", "rerun", "anonymous"] as const;
export type Way = (typeof ways)[number];

/** A whole answer. */
export interface Heard {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly replayed: boolean;
  /** Longstop's own code, where the answer is Longstop's own. */
  readonly code: string | null;
}

export interface CallOptions {
  /** How the tool behaves at this dispatch. */
  readonly behave?: string;
  /** The caller gives up after so long. */
  readonly leaveAfterMs?: number;
  /** Which of the site's tools: they differ in how long they are waited for. */
  readonly tool?: "pay" | "hasty";
  /** A doubt is no end: whoever insists goes on until it is over. */
  readonly endsDoubts?: boolean;
}

/** A caller must know how its call ended within this time, counted from when the fault is over. */
const endMsMax = 30_000;

/** One operation that somebody wants done once, and everything that the caller was told about it. */
export class Call {
  readonly operation: string;
  readonly way: Way;
  readonly heard: Heard[] = [];
  #attempts = 0;

  constructor(operation: string, way: Way) {
    this.operation = operation;
    this.way = way;
  }

  /** Calls once. Gives null where no whole answer came. */
  async once(port: number, { behave, leaveAfterMs, tool = "pay" }: CallOptions = {}): Promise<Heard | null> {
    this.#attempts += 1;
    const heard = await send(
      port,
      `${this.#prefix()}/tools/${tool}/charges/${this.operation}`,
      leaveAfterMs,
      {
        "content-type": "application/json",
        "x-operation": this.operation,
        ...(this.way === "key" ? { "idempotency-key": `key-${this.operation}` } : {}),
        ...(behave === undefined ? {} : { "x-behave": behave }),
      },
    );
    if (heard !== null) this.heard.push(heard);
    return heard;
  }

  /** Calls again until it is told how the call ended; gives up after a while. */
  async insist(port: number, options: CallOptions = {}): Promise<Heard | null> {
    const untilMs = performance.now() + endMsMax;
    while (performance.now() < untilMs) {
      const heard = await this.once(port, options);
      const goesOn = options.endsDoubts === true && heard?.code === "outcome_unknown";
      if (heard !== null && isEnd(heard) && !goesOn) return heard;
      await sleep(100);
    }
    return null;
  }

  #prefix(): string {
    if (this.way === "run") return `/run/run-${this.operation}/attempt/a`;
    if (this.way === "rerun") return `/run/run-${this.operation}/attempt/a${this.#attempts}`;
    return "";
  }
}

const endCodes = new Set(["outcome_unknown", "answer_incomplete", "answer_expired", "operation_abandoned"]);

export function isOk({ status }: Heard): boolean {
  return status >= 200 && status < 300;
}

/** True where another call of the same operation could tell nothing new. */
export function isEnd(heard: Heard): boolean {
  return isOk(heard) || (heard.code !== null && endCodes.has(heard.code));
}

function send(
  port: number,
  path: string,
  leaveAfterMs: number | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Heard | null> {
  return new Promise((resolve) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, method: "POST", headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", () => {});
      answer.on("close", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const type = answer.headers["content-type"] ?? "";
        if (!answer.complete) return resolve(null);
        resolve({
          status: answer.statusCode ?? 0,
          type,
          text,
          replayed: answer.headers["idempotent-replayed"] === "true",
          code: type.startsWith("application/problem+json")
            ? (JSON.parse(text) as { readonly code: string }).code
            : null,
        });
      });
    });
    request.on("error", () => resolve(null));
    request.end('{"amount":5}');
    if (leaveAfterMs !== undefined) setTimeout(() => request.destroy(), leaveAfterMs);
  });
}
