import type { IncomingMessage, ServerResponse } from "node:http";
import { LongstopError } from "../exchange/error.ts";
import type { WholeAnswer } from "../protocols/protocol.ts";
import type { AnswerTarget } from "./answer-target.ts";
import { drained } from "./drained.ts";
import { lengthLast } from "./length-last.ts";
import { readAway } from "./read-away.ts";
import { RequestStream } from "./request-stream.ts";
import type { Cancelled } from "./running-exchanges.ts";
import { Timing } from "./timing.ts";

/** What cancels the work on one request in its own way. */
export interface Cancelling {
  cancel(): Cancelled | Promise<Cancelled>;
}

/** One request of a client and the response to it, as far as HTTP goes. */
export class Inbound implements AnswerTarget {
  readonly id: string;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly timing = new Timing();
  readonly notes = new Map<string, string>();
  brokeOff = false;
  /** The attempt that it was found to belong to, where its client named none. */
  attempt: string | null = null;
  /** What it does to be cancelled, where that is more than to end the work. */
  cancelling: Cancelling | null = null;
  #isDismissed = false;
  readonly isRebuilt = false;
  readonly aside = null;
  readonly partial = null;
  #gone: AbortController | null = null;
  #leaveReason: Error | null = null;
  #cancelled: LongstopError | null = null;
  #onLeave: ((reason: Error) => void)[] = [];

  constructor(id: string, incoming: IncomingMessage, outgoing: ServerResponse) {
    this.id = id;
    this.incoming = incoming;
    this.outgoing = outgoing;
    outgoing.on("close", () => {
      if (!outgoing.writableFinished) this.#leave(new Error("the client closed the connection"));
    });
    // A reset connection is an ordinary end here; `close` follows and says what it means.
    outgoing.on("error", ignore);
    incoming.on("error", ignore);
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

  get isCancelled(): boolean {
    return this.#cancelled !== null;
  }

  get closed(): boolean {
    return this.outgoing.destroyed || this.#isDismissed;
  }

  /** Bytes that were written to the client's connection so far, also those of answers before this one. */
  get handedBytes(): number {
    return this.outgoing.socket?.bytesWritten ?? 0;
  }

  /** True while the client does not read what is there for it. */
  get isBehind(): boolean {
    return this.outgoing.writableNeedDrain;
  }

  /**
   * True once the client is gone before its answer was handed over, or was told that it must not wait for
   * it any longer.
   */
  get left(): boolean {
    return this.#leaveReason !== null;
  }

  onLeave(listener: (reason: Error) => void): void {
    const reason = this.#leaveReason ?? this.#cancelled;
    if (reason === null) this.#onLeave.push(listener);
    else listener(reason);
  }

  /** Ends the work on it for a client that is still there, and is told why, unless that is too late. */
  cancel(reason: LongstopError): Cancelled | Promise<Cancelled> {
    if (this.cancelling !== null) return this.cancelling.cancel();
    if (this.#leaveReason !== null || this.outgoing.writableEnded) return "ended";
    this.#cancelled ??= reason;
    this.#tellLeft(reason);
    return "cancelled";
  }

  /**
   * Has the client told something last (`tell` must end the answer), because it must not wait any longer.
   * From then on it counts as gone, and nothing more is written to it: what is made for it goes on, or ends,
   * as if it had closed the connection.
   */
  dismiss(tell: () => void): void {
    if (this.left || this.closed) return;
    // What is left of the request is not read, so the connection cannot carry another one.
    if (this.hasBody && !this.incoming.complete) this.notes.set("connection", "close");
    tell();
    this.#isDismissed = true;
    this.#leave(new Error("the client was not let wait any longer"));
  }

  /** The same as a signal, made when it is first asked for. */
  get gone(): AbortSignal {
    if (this.#gone === null) {
      const gone = new AbortController();
      this.#gone = gone;
      this.onLeave((reason) => gone.abort(reason));
    }
    return this.#gone.signal;
  }

  /** True where the request announces a body, whatever its length. */
  get hasBody(): boolean {
    const { headers } = this.incoming;
    return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  }

  /** How long the body says that it is, or undefined where it does not say. */
  get announcedBytes(): number | undefined {
    const length = this.incoming.headers["content-length"];
    return length === undefined ? undefined : Number(length);
  }

  /** The whole body as it came. Throws `request_too_large`, or rejects, also where it is cut. */
  readBody(bytesMax: number): Promise<Buffer> {
    this.checkAnnouncedLength(bytesMax);
    return collected(this.incoming, bytesMax, () => this.timing.read());
  }

  /** The body as it comes. What it throws, it throws in the words of `readBody`. */
  bodyStream(bytesMax: number): RequestStream {
    this.checkAnnouncedLength(bytesMax);
    return new RequestStream(this.incoming, bytesMax, () => tooLarge(bytesMax));
  }

  /** Refuses a body that says itself that it is too large, before a byte of it is read. */
  checkAnnouncedLength(bytesMax: number): void {
    if ((this.announcedBytes ?? 0) > bytesMax) throw tooLarge(bytesMax);
  }

  noteUnrecorded(): void {
    this.notes.set("longstop-recorded", "false");
  }

  writeHead(status: number, headers: readonly string[]): void {
    if (this.#isDismissed) return;
    this.timing.answered();
    const all = lengthLast(headers);
    all.push("longstop-request-id", this.id, "longstop-overhead-ms", this.timing.overheadMs());
    for (const [name, value] of this.notes) all.push(name, value);
    this.outgoing.writeHead(status, all);
  }

  flushHead(): void {
    if (!this.closed) this.outgoing.flushHeaders();
  }

  write(bytes: Uint8Array): boolean {
    return this.#isDismissed || this.outgoing.write(bytes);
  }

  drained(): Promise<void> {
    return drained(this.outgoing);
  }

  keepAlive(comment: Uint8Array): void {
    // A client that does not read has enough to read as it is.
    if (!this.isBehind && !this.#isDismissed) this.outgoing.write(comment);
  }

  end(last?: Uint8Array): Promise<void> {
    const { outgoing } = this;
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      // An error here is a client that left, and `close` says so in a moment.
      const handedOver = (failed?: Error | null): void => {
        if (failed === undefined || failed === null) resolve();
      };
      outgoing.once("close", resolve);
      // With the last bytes in the same call, a small answer leaves in one packet.
      if (last === undefined) outgoing.end(handedOver);
      else outgoing.end(last, handedOver);
    });
  }

  async sendWhole(status: number, headers: readonly string[], body: Uint8Array | string): Promise<void> {
    let bytes = typeof body === "string" ? Buffer.from(body) : body;
    const { outgoing } = this;
    if (this.closed) return;
    // 204 and 304 have no body, and a length would be wrong on either (RFC 9110 8.6).
    const length = status === 204 || status === 304 ? [] : ["content-length", String(bytes.byteLength)];
    this.writeHead(status, [...headers, ...length]);
    if (this.hasBody && !this.incoming.complete) {
      // The client has the whole answer by its length; the connection ends once it had time to read it.
      outgoing.write(bytes);
      await readAway(this.incoming);
      if (outgoing.destroyed) return;
      bytes = nothing;
    }
    await new Promise<void>((resolve) => {
      this.onLeave(() => resolve());
      // An error here is a client that left, and `close` says so in a moment.
      const handedOver = (failed?: Error | null): void => {
        if (failed === undefined || failed === null) resolve();
      };
      // As a text of bytes a small body leaves together with its headers, in one plain write.
      if (bytes.byteLength > oneWriteBytesMax) outgoing.end(bytes, handedOver);
      else outgoing.end(latin1Of(bytes), "latin1", handedOver);
    });
  }

  async sendAnswer(answer: WholeAnswer): Promise<void> {
    await this.sendWhole(answer.status, Object.entries(answer.headers).flat(), answer.body);
  }

  destroy(): void {
    // What a client was told last may still be on its way.
    if (!this.#isDismissed) this.outgoing.destroy();
  }

  #leave(reason: Error): void {
    if (this.left) return;
    this.#leaveReason = reason;
    this.#tellLeft(reason);
  }

  #tellLeft(reason: Error): void {
    const listeners = this.#onLeave;
    this.#onLeave = [];
    for (const listener of listeners) listener(reason);
  }
}

const nothing = new Uint8Array();

function ignore(): void {}

const oneWriteBytesMax = 16 * 1024;

function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/**
 * The body of a request. Its stream is never destroyed here, not even over the limit: that would close
 * the client's connection before it could read why.
 */
function collected(incoming: IncomingMessage, bytesMax: number, onEnd: () => void): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const isCut = (): void =>
    reject(new LongstopError("request_malformed", "The request ended before its body was whole."));
  if (incoming.destroyed) isCut();
  incoming.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else {
      chunks.length = 0;
      reject(tooLarge(bytesMax));
    }
  });
  incoming.on("end", () => {
    onEnd();
    resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  });
  // It also comes behind a body that is whole, and an error has the price of its stack.
  incoming.on("close", () => {
    if (!incoming.readableEnded) isCut();
  });
  return promise;
}

function tooLarge(bytesMax: number): LongstopError {
  return new LongstopError(
    "request_too_large",
    `The request body is larger than ${bytesMax} bytes (limits.requestBytesMax).`,
    { detail: { bytesMax } },
  );
}
