import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { LongstopError } from "../exchange/error.ts";
import type { WholeAnswer } from "../protocols/protocol.ts";
import { limited } from "./limited.ts";
import { Timing } from "./timing.ts";
import { pairs } from "./upstream-headers.ts";

/** One request of a client and the response to it, as far as HTTP goes. */
export class Inbound {
  readonly id: string;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly timing = new Timing();
  /** Aborted once the client is gone before its answer was handed over. */
  readonly gone: AbortSignal;
  /** Further headers of every kind of answer, such as `Longstop-Interventions`. */
  readonly notes = new Map<string, string>();

  constructor(id: string, incoming: IncomingMessage, outgoing: ServerResponse) {
    this.id = id;
    this.incoming = incoming;
    this.outgoing = outgoing;
    const gone = new AbortController();
    this.gone = gone.signal;
    outgoing.on("close", () => {
      if (!outgoing.writableFinished) gone.abort(new Error("the client closed the connection"));
    });
    // A reset connection is an ordinary end here; `close` follows and says what it means.
    outgoing.on("error", () => {});
    incoming.on("error", () => {});
  }

  get method(): string {
    return this.incoming.method ?? "GET";
  }

  get url(): string {
    return this.incoming.url ?? "/";
  }

  get started(): boolean {
    return this.outgoing.headersSent;
  }

  /** True where the request announces a body, whatever its length. */
  get hasBody(): boolean {
    const { headers } = this.incoming;
    return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  }

  /** The whole body as it came. Throws `request_too_large`, or `request_malformed` where it is cut. */
  async readBody(bytesMax: number): Promise<Buffer> {
    this.checkAnnouncedLength(bytesMax);
    try {
      const body = await buffer(limited(this.incoming, bytesMax, () => tooLarge(bytesMax)));
      this.timing.read();
      return body;
    } catch (cause) {
      if (cause instanceof LongstopError) throw cause;
      throw new LongstopError("request_malformed", "The request ended before its body was whole.", { cause });
    }
  }

  /** Refuses a body that says itself that it is too large, before a byte of it is read. */
  checkAnnouncedLength(bytesMax: number): void {
    if (Number(this.incoming.headers["content-length"] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  }

  /** Says that something of this exchange could not be written to the ledger. */
  noteUnrecorded(): void {
    this.notes.set("longstop-recorded", "false");
  }

  /** Begins the answer. `headers` are names and values in turn; ours are added. */
  writeHead(status: number, headers: readonly string[]): void {
    this.timing.answered();
    this.outgoing.writeHead(status, [...lengthLast(headers), ...this.#ownHeaders()]);
  }

  /** Sends a whole answer; resolves once it was handed to the kernel, or the client is gone. */
  async sendWhole(status: number, headers: readonly string[], body: Uint8Array | string): Promise<void> {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const { outgoing } = this;
    if (outgoing.destroyed) return;
    // 204 and 304 have no body, and a length would be wrong on either (RFC 9110 8.6).
    const length = status === 204 || status === 304 ? [] : ["content-length", String(bytes.byteLength)];
    this.writeHead(status, [...headers, ...length]);
    const finished = new Promise<void>((resolve) => {
      outgoing.once("finish", resolve);
      outgoing.once("close", resolve);
    });
    outgoing.end(bytes);
    await finished;
  }

  async sendAnswer(answer: WholeAnswer): Promise<void> {
    await this.sendWhole(answer.status, Object.entries(answer.headers).flat(), answer.body);
  }

  /** Breaks the connection: what a client must see where an answer that began cannot end well. */
  destroy(): void {
    this.outgoing.destroy();
  }

  #ownHeaders(): string[] {
    const own = ["longstop-request-id", this.id, "longstop-overhead-ms", this.timing.overheadMs()];
    for (const [name, value] of this.notes) own.push(name, value);
    return own;
  }
}

/**
 * Behind a length Node takes a content-disposition for a name to encode anew, and throws where its
 * bytes are no Latin-1 (an upstream's UTF-8 file name). Before it they pass as they came.
 */
function lengthLast(headers: readonly string[]): readonly string[] {
  const rest: string[] = [];
  const lengths: string[] = [];
  for (const [name, value] of pairs(headers)) {
    (name.toLowerCase() === "content-length" ? lengths : rest).push(name, value);
  }
  return [...rest, ...lengths];
}

function tooLarge(bytesMax: number): LongstopError {
  return new LongstopError(
    "request_too_large",
    `The request body is larger than ${bytesMax} bytes (limits.requestBytesMax).`,
    { detail: { bytesMax } },
  );
}
