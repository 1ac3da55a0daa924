import type { Readable } from "node:stream";
import { buildConnector, errors, Pool } from "undici";
import { LongstopError, type ErrorOptions } from "../exchange/error.ts";
import type { Target, Timeouts } from "./settings.ts";
import { headerOf } from "./upstream-headers.ts";

export interface UpstreamRequest {
  readonly target: Target;
  readonly method: string;
  /** Path and query at the upstream, without the target's base path. */
  readonly path: string;
  /** Names and values in turn, as they stand on the wire. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | string | Readable | null;
  readonly signal: AbortSignal;
  /** Time to complete headers, ms; the general timeout where not given. */
  readonly headersMs?: number;
}

export interface UpstreamAnswer {
  readonly status: number;
  /** Names and values in turn, as they stood on the wire. */
  readonly headers: readonly string[];
  readonly body: Readable;
}

/**
 * A request that got no complete headers. `sent: "no"` is a proof that not one byte of the request
 * reached the upstream; all else may have been executed there.
 */
export class UpstreamFailure extends Error {
  readonly sent: "no" | "maybe";
  readonly error: LongstopError;
  constructor(sent: "no" | "maybe", error: LongstopError, cause: unknown) {
    super(error.message, { cause });
    this.name = "UpstreamFailure";
    this.sent = sent;
    this.error = error;
  }
}

/** Connections to all upstreams: one pool for each origin, no retries of any kind. */
export class Upstreams {
  readonly #pools = new Map<string, Pool>();
  readonly #timeouts: Timeouts;
  /** Errors of attempts to connect: a request that ends with one of them was never written. */
  readonly #unconnected = new WeakSet<Error>();

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

  /** Sends one request. Rejects with `UpstreamFailure` where no complete headers came. */
  async send(request: UpstreamRequest): Promise<UpstreamAnswer> {
    const { target } = request;
    try {
      const answer = await this.#pool(target.origin).request({
        method: request.method,
        path: target.basePath + request.path,
        headers: [...request.headers],
        body: request.body,
        signal: request.signal,
        responseHeaders: "raw",
        ...(request.headersMs === undefined ? {} : { headersTimeout: request.headersMs }),
      });
      return { status: answer.statusCode, headers: flat(answer.headers), body: answer.body };
    } catch (thrown) {
      throw this.#failureOf(thrown, target);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #pool(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        pipelining: 1,
        connect: this.#connector(),
        headersTimeout: this.#timeouts.headersMs,
        bodyTimeout: this.#timeouts.idleMs,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }

  /**
   * Connects, and remembers what an attempt failed with. Nothing else proves that not one byte was
   * sent: the same system errors, and the same faults of TLS, also end connections that were in use.
   *
   * HTTP/1.1 only: on an HTTP/2 connection undici sends a request again by itself when the upstream
   * refuses the stream, and a dispatch is never repeated behind the ledger's back.
   */
  #connector(): buildConnector.connector {
    const connect = buildConnector({ timeout: this.#timeouts.connectMs, allowH2: false });
    return (options, callback) => {
      connect(options, (...outcome) => {
        if (outcome[0] !== null) this.#unconnected.add(outcome[0]);
        callback(...outcome);
      });
    };
  }

  #failureOf(thrown: unknown, target: Target): UpstreamFailure {
    const code = codeOf(thrown);
    if (thrown instanceof Error && this.#unconnected.has(thrown)) {
      const sentence = `The upstream ${named(target)} cannot be reached: ${reason(code)}. Nothing was sent.`;
      const detail = { upstream: target.name };
      const options = { cause: thrown, retryAfterSeconds: 5, detail };
      return new UpstreamFailure("no", new LongstopError("upstream_unreachable", sentence, options), thrown);
    }
    if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") {
      const sentence = "This request cannot be passed on as HTTP. Nothing was sent.";
      return new UpstreamFailure(
        "no",
        new LongstopError("request_malformed", sentence, { cause: thrown }),
        thrown,
      );
    }
    return new UpstreamFailure("maybe", answerError(thrown, target), thrown);
  }
}

/**
 * A request to a model that broke off before any answer: it has no effect outside, so its client may
 * send it again by itself, as it would if this gateway were not there.
 */
export function askedAgainByClient(thrown: unknown): unknown {
  if (!(thrown instanceof UpstreamFailure) || thrown.error.code !== "upstream_cut") return thrown;
  const { message, cause, detail } = thrown.error;
  const error = new LongstopError("upstream_cut", message, { cause, detail, retryable: true });
  return new UpstreamFailure(thrown.sent, error, thrown.cause);
}

/** Statuses below 500 that the SDKs of OpenAI and Anthropic retry by themselves. */
const retriedByClients = new Set([408, 409, 429]);

/**
 * An upstream's refusal in an error of ours: its status, how long it wants clients to wait, and no word
 * against the retry that clients make of such a status. Anything but a refusal is a 502.
 */
export function refusedByUpstream({
  status,
  headers,
}: Pick<UpstreamAnswer, "status" | "headers">): ErrorOptions {
  if (status < 400) return { status: 502 };
  const wait = Number(headerOf(headers, "retry-after"));
  return {
    status,
    retryable: status >= 500 || retriedByClients.has(status),
    ...(wait > 0 ? { retryAfterSeconds: Math.min(wait, 60) } : {}),
  };
}

function named(target: Target): string {
  return `${target.name} (${target.origin})`;
}

/** undici's declaration says that headers are an object; raw headers are a list. */
function flat(headers: unknown): readonly string[] {
  if (!Array.isArray(headers)) throw new TypeError("raw headers are expected to be a list");
  return headers.map(String);
}

const timeoutCodes = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

/** What to tell the caller when an upstream failed after it was sent something. */
export function answerError(thrown: unknown, target: Target): LongstopError {
  if (thrown instanceof LongstopError) return thrown;
  if (thrown instanceof UpstreamFailure) return thrown.error;
  const code = codeOf(thrown);
  const where = named(target);
  const detail = { upstream: target.name };
  if (timeoutCodes.has(code)) {
    return new LongstopError("upstream_timeout", `The upstream ${where} did not answer in time.`, {
      cause: thrown,
      detail,
    });
  }
  if (code.startsWith("HPE") || code === "UND_ERR_HEADERS_OVERFLOW") {
    return new LongstopError(
      "upstream_unreadable",
      `The upstream ${where} sent something that is not HTTP.`,
      {
        cause: thrown,
        detail,
      },
    );
  }
  if (code.startsWith("Z_") || code.startsWith("ERR_BROTLI") || code.startsWith("ZSTD_")) {
    return new LongstopError(
      "upstream_encoding",
      `The upstream ${where} sent a body that is not what its content-encoding says.`,
      {
        cause: thrown,
        detail,
      },
    );
  }
  return new LongstopError("upstream_cut", `The upstream ${where} broke off before its answer was whole.`, {
    cause: thrown,
    detail,
  });
}

function codeOf(thrown: unknown): string {
  let at = thrown;
  for (let depth = 0; depth < 4 && typeof at === "object" && at !== null; depth++) {
    // undici gives its parser's errors no code of their own.
    if (at instanceof errors.HTTPParserError) return "HPE";
    if ("code" in at && typeof at.code === "string" && at.code !== "UND_ERR_CONNECT") return at.code;
    at = "cause" in at ? at.cause : undefined;
  }
  return "";
}

function reason(code: string): string {
  if (code === "ECONNREFUSED") return "the connection is refused";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name is not found";
  if (code === "UND_ERR_CONNECT_TIMEOUT") return "no connection within the time limit";
  return code === "" ? "the connection could not be made" : code;
}
