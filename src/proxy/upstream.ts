import { constants } from "node:http2";
import { Readable } from "node:stream";
import { errors } from "undici";
import { LongstopError, type ErrorOptions } from "../exchange/error.ts";
import { Connections, isForwarded } from "./connections.ts";
import type { Presence } from "./presence.ts";
import { ProxyRefusal } from "./proxy-tunnel.ts";
import { ReceivedAnswer } from "./received-answer.ts";
import type { ConnectionTimeouts, Target } from "./settings.ts";
import { headerOf } from "./upstream-headers.ts";

const { NGHTTP2_REFUSED_STREAM } = constants;

export interface UpstreamRequest {
  readonly target: Target;
  readonly method: string;
  /** Path and query at the upstream, without the target's base path. */
  readonly path: string;
  /** Names and values in turn, as they stand on the wire. */
  readonly headers: readonly string[];
  /** A stream that fails ends the request with its failure; one that is left is destroyed. */
  readonly body: Uint8Array | string | Readable | null;
  /** Who waits for the answer: once they are gone, it is given up. */
  readonly signal: AbortSignal | Presence;
  /** Time to complete headers, ms; the general timeout where not given. */
  readonly headersMs?: number;
  /** Told once a byte of it may leave. */
  readonly begun?: () => void;
}

/** An answer whose headers are here, and whose body may still be on its way. */
export type UpstreamAnswer = ReceivedAnswer;

/**
 * A request that got no complete headers. `sent: "no"` is a proof that not one byte of the request
 * left: undici names the request to its handler before it writes. All else may have been executed.
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

/** Sends requests to all upstreams, with no retries of any kind. */
export class Upstreams {
  readonly #connections: Connections;

  /** `headerBytesMax`: all headers of one answer. */
  constructor(timeouts: ConnectionTimeouts, headerBytesMax = 64 * 1024) {
    this.#connections = new Connections(timeouts, headerBytesMax);
  }

  /** Sends one request. Rejects with `UpstreamFailure` where no complete headers came. */
  send(request: UpstreamRequest): Promise<UpstreamAnswer> {
    const { target } = request;
    return new Promise((resolve, reject) => {
      const answer = new ReceivedAnswer(target, {
        begun: request.begun,
        headers(answered) {
          if (answered.status !== 407 || !isForwarded(target)) return resolve(answered);
          // Only a proxy says this (RFC 9110, 15.5.8), so the request went no further.
          answered.discard();
          const refused = new ProxyRefusal(407);
          reject(new UpstreamFailure("no", unsent(refused, target), refused));
        },
        failed: (cause, started) => {
          // A request that was not begun is not read by undici, and would keep its client waiting.
          if (request.body instanceof Readable) request.body.destroy();
          reject(failureOf(cause, started, target));
        },
      });
      answer.heed(request.signal);
      const outgoing = {
        method: request.method,
        path: target.basePath + request.path,
        headers: request.headers,
        body: request.body,
        headersTimeout: request.headersMs ?? null,
      };
      this.#connections.dispatch(target, outgoing, answer);
    });
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}

function failureOf(thrown: unknown, started: boolean, target: Target): UpstreamFailure {
  if (started && !isRefusedStream(thrown))
    return new UpstreamFailure("maybe", answerError(thrown, target), thrown);
  return new UpstreamFailure("no", unsent(thrown, target), thrown);
}

/** What to tell the caller of a request of which not one byte left. */
function unsent(thrown: unknown, target: Target): LongstopError {
  if (thrown instanceof LongstopError) return thrown;
  const code = codeOf(thrown);
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") {
    const sentence = "This request cannot be passed on as HTTP. Nothing was sent.";
    return new LongstopError("request_malformed", sentence, { cause: thrown });
  }
  const { proxy } = target;
  const way = proxy === undefined ? "" : ` through the proxy ${proxy.origin}`;
  const why = thrown instanceof ProxyRefusal ? refusal(thrown) : reason(code);
  const sentence = `The upstream ${named(target)} cannot be reached${way}: ${why}. Nothing was sent.`;
  const detail = { upstream: target.name };
  return new LongstopError("upstream_unreachable", sentence, { cause: thrown, retryAfterSeconds: 5, detail });
}

/** HTTP/2 refuses a stream before anything is done with it (RFC 9113, 8.7). */
function isRefusedStream(thrown: unknown): boolean {
  return (
    thrown instanceof Error && "http2ErrorCode" in thrown && thrown.http2ErrorCode === NGHTTP2_REFUSED_STREAM
  );
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

function refusal({ status }: ProxyRefusal): string {
  return status === 407 ? "the proxy wants other credentials (407)" : `the proxy answered ${status}`;
}

function reason(code: string): string {
  if (code === "ECONNREFUSED") return "the connection is refused";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name is not found";
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return `its certificate is not accepted (${code})`;
  if (code === "UND_ERR_CONNECT_TIMEOUT") return "no connection within the time limit";
  return code === "" ? "the connection could not be made" : code;
}
