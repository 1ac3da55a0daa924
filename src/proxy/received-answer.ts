import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Presence } from "./presence.ts";
import type { Target } from "./settings.ts";

/** Bytes of an answer that wait for a reader at most before the upstream is told to wait. */
const waitingBytesMax = 64 * 1024;

/** Where the bytes of an answer go. None of these may throw. */
export interface AnswerReader {
  /** False: no more until `resume`. */
  take(chunk: Buffer): boolean;
  end(): void;
  /** The answer broke off: what came is not the whole. */
  fail(cause: Error): void;
}

/** What becomes of the wait for an answer's headers. */
export interface AnswerWait {
  /** A byte of the request may leave from now on. */
  readonly begun?: (() => void) | undefined;
  headers(answer: ReceivedAnswer): void;
  /** No complete headers came. `started`: a byte of the request may have left. */
  failed(cause: unknown, started: boolean): void;
}

const nothing = Buffer.alloc(0);

type Controller = Dispatcher.DispatchController;

/**
 * One answer as undici hands it over. What comes before somebody reads it waits here, so a small answer
 * is often whole before it is asked for, and costs neither a stream nor a further promise.
 */
export class ReceivedAnswer implements Dispatcher.DispatchHandler {
  /** Who answers. */
  readonly target: Target;
  status = 0;
  /** Names and values in turn, as they stood on the wire. */
  headers: readonly string[] = [];
  readonly #wait: AnswerWait;
  #controller: Controller | null = null;
  #reader: AnswerReader | null = null;
  #stream: Readable | null = null;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #ended = false;
  #failure: Error | null = null;
  #isRead = false;
  /** Set once nobody waits for this answer any more. */
  #cancelled: Error | null = null;
  #unheed: (() => void) | null = null;

  constructor(target: Target, wait: AnswerWait) {
    this.target = target;
    this.#wait = wait;
  }

  /** The same answer to who reads it next: `body` is all of it. */
  static read({ target, status, headers }: ReceivedAnswer, body: Buffer): ReceivedAnswer {
    const again = new ReceivedAnswer(target, { headers() {}, failed() {} });
    again.status = status;
    again.headers = headers;
    again.#waiting = [body];
    again.#waitingBytes = body.length;
    again.#ended = true;
    return again;
  }

  /** Gives the answer up once `presence` ends. */
  heed(presence: AbortSignal | Presence): void {
    if (!(presence instanceof AbortSignal)) return presence.onLeave((reason) => this.cancel(reason));
    const cancel = (): void => this.cancel(asError(presence.reason));
    if (presence.aborted) return cancel();
    presence.addEventListener("abort", cancel, { once: true });
    this.#unheed = () => presence.removeEventListener("abort", cancel);
  }

  /** Nobody waits any more: the request is not sent, or its answer not read on. */
  cancel(reason: Error): void {
    if (this.#cancelled !== null || this.#ended || this.#failure !== null) return;
    this.#cancelled = reason;
    if (this.#controller === null) this.#fail(reason);
    else this.#controller.abort(reason);
  }

  /** Closes an answer that nobody wants. */
  discard(): void {
    // The stream's reader, if there is one, is told by its end; an error would have nobody to hear it.
    if (this.#stream !== null) this.#stream.on("error", () => {}).destroy();
    else if (!this.#ended) this.cancel(new Error("the answer is not wanted"));
    this.#waiting = [];
  }

  /** Hands over what came and what comes. Once only. */
  read(reader: AnswerReader): void {
    if (this.#isRead) throw new Error("an answer is read once");
    this.#isRead = true;
    let goOn = true;
    for (const chunk of this.#waiting) goOn = reader.take(chunk);
    this.#waiting = [];
    this.#reader = reader;
    if (this.#failure !== null) reader.fail(this.#failure);
    else if (this.#ended) reader.end();
    else if (goOn) this.resume();
    else this.pause();
  }

  /** The reader that had enough can take more. */
  resume(): void {
    if (this.#controller?.paused === true) this.#controller.resume();
  }

  /** The reader wants no more for now; what is under way still comes. */
  pause(): void {
    this.#controller?.pause();
  }

  /** The body as a stream, made when it is first asked for. Destroying it closes the answer. */
  get body(): Readable {
    this.#stream ??= this.#asStream();
    return this.#stream;
  }

  /** The whole body where it is here in one piece already, and inside the limit; else null. */
  wholeNow(bytesMax: number): Buffer | null {
    const [first] = this.#waiting;
    if (!this.#ended || this.#isRead || this.#waiting.length > 1 || this.#waitingBytes > bytesMax)
      return null;
    this.#isRead = true;
    this.#waiting = [];
    return first ?? nothing;
  }

  /** The whole body. Rejects with `tooLarge()` over the limit, else with what it broke off with. */
  whole(bytesMax: number, tooLarge: () => Error): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const chunks: Buffer[] = [];
    let bytes = 0;
    this.read({
      take: (chunk) => {
        bytes += chunk.length;
        if (bytes <= bytesMax) chunks.push(chunk);
        else {
          reject(tooLarge());
          this.cancel(new Error("the answer is too large"));
        }
        return true;
      },
      end: () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)),
      fail: reject,
    });
    return promise;
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#cancelled !== null) controller.abort(this.#cancelled);
    else this.#wait.begun?.();
  }

  onResponseStart(controller: Controller, status: number): void {
    // Interim answers (RFC 9110 15.2) tell the connection something, not the client.
    if (status < 200) return;
    this.status = status;
    this.headers = rawHeaders(controller.rawHeaders);
    this.#wait.headers(this);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#reader !== null) {
      if (!this.#reader.take(chunk)) controller.pause();
      return;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= waitingBytesMax) controller.pause();
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#unheed?.();
    this.#reader?.end();
  }

  onResponseError(_controller: Controller | null, cause: Error): void {
    this.#fail(cause);
  }

  #fail(cause: Error): void {
    if (this.#failure !== null) return;
    this.#failure = cause;
    this.#unheed?.();
    if (this.status === 0) this.#wait.failed(cause, this.#controller !== null);
    else this.#reader?.fail(cause);
  }

  #asStream(): Readable {
    const stream = new Readable({
      read: () => this.resume(),
      destroy: (cause, done) => {
        this.cancel(cause ?? new Error("the answer is not wanted"));
        done(cause);
      },
    });
    this.read({
      take: (chunk) => stream.push(chunk),
      end: () => void stream.push(null),
      fail: (cause) => void stream.destroy(cause),
    });
    return stream;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("given up", { cause: reason });
}

/** HTTP/1.1 gives the bytes of names and values in turn; HTTP/2 an object with lower-case names. */
function rawHeaders(raw: Controller["rawHeaders"]): readonly string[] {
  if (Array.isArray(raw)) {
    const headers: string[] = [];
    for (const piece of raw) headers.push(typeof piece === "string" ? piece : piece.toString("latin1"));
    return headers;
  }
  const headers: string[] = [];
  for (const [name, value] of Object.entries(raw ?? {})) {
    if (Array.isArray(value)) for (const one of value) headers.push(name, one);
    else if (value !== undefined) headers.push(name, value);
  }
  return headers;
}
