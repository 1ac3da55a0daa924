import type { Readable } from "node:stream";
import { Pool } from "undici";
import { LongstopError } from "../exchange/error.ts";
import type { Target, Timeouts } from "./settings.ts";

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
      throw failureOf(thrown, target);
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
        connectTimeout: this.#timeouts.connectMs,
        headersTimeout: this.#timeouts.headersMs,
        bodyTimeout: this.#timeouts.idleMs,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }
}

/** undici's declaration says that headers are an object; raw headers are a list. */
function flat(headers: unknown): readonly string[] {
  if (!Array.isArray(headers)) throw new TypeError("raw headers are expected to be a list");
  return headers.map(String);
}

/** System errors that prove that nothing was written, if they come from the attempt to connect. */
const connectCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
]);

/** Failures before a request can be written: our own time limit, our own arguments, TLS. */
const unwrittenCodes = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_SSL_WRONG_VERSION_NUMBER",
]);

/**
 * True only for a proof that not one byte was sent. Once connected, any failure may have come after
 * the upstream read the request, also ECONNRESET and EPIPE on a reused socket.
 */
function provesUnsent(thrown: unknown): boolean {
  for (let at = thrown, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if (at instanceof AggregateError) return at.errors.length > 0 && at.errors.every(provesUnsent);
    const code = "code" in at ? String(at.code) : "";
    if (unwrittenCodes.has(code)) return true;
    const syscall = "syscall" in at ? at.syscall : undefined;
    if (connectCodes.has(code) && (syscall === "connect" || syscall === "getaddrinfo")) return true;
  }
  return false;
}

const timeoutCodes = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

function failureOf(thrown: unknown, target: Target): UpstreamFailure {
  const code = codeOf(thrown);
  const where = `${target.name} (${target.origin})`;
  if (provesUnsent(thrown)) {
    const error = new LongstopError(
      "upstream_unreachable",
      `The upstream ${where} cannot be reached: ${reason(code)}. Nothing was sent.`,
      { cause: thrown, retryAfterSeconds: 5, detail: { upstream: target.name } },
    );
    return new UpstreamFailure("no", error, thrown);
  }
  return new UpstreamFailure("maybe", answerError(thrown, target), thrown);
}

/** What to tell the caller when an upstream failed after it was sent something. */
export function answerError(thrown: unknown, target: Target): LongstopError {
  if (thrown instanceof LongstopError) return thrown;
  const code = codeOf(thrown);
  const where = `${target.name} (${target.origin})`;
  const detail = { upstream: target.name };
  if (timeoutCodes.has(code)) {
    return new LongstopError("upstream_timeout", `The upstream ${where} did not answer in time.`, {
      cause: thrown,
      detail,
    });
  }
  if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW") {
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
    if ("code" in at && typeof at.code === "string" && at.code !== "UND_ERR_CONNECT") return at.code;
    at = "cause" in at ? at.cause : undefined;
  }
  return "";
}

function reason(code: string): string {
  if (code === "ECONNREFUSED") return "the connection is refused";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name is not found";
  if (code === "UND_ERR_CONNECT_TIMEOUT") return "no connection within the time limit";
  return code;
}
