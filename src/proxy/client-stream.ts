import { commentFrame } from "../wire/sse.ts";
import type { AnswerTarget } from "./answer-target.ts";
import type { HoldSettings } from "./settings.ts";

/**
 * The stream to the client. Headers and what says nothing yet wait for the first text, or for
 * `preambleMs`, so that a turn that opens with a bad call can still be a plain error. While calls
 * are held, comments keep the connection alive.
 */
export class ClientStream {
  readonly #client: AnswerTarget;
  readonly #settings: HoldSettings;
  readonly #head: () => { status: number; headers: readonly string[] };
  #waiting: Uint8Array[] = [];
  /** What is to leave in one write, or null where each write is for itself. */
  #together: Uint8Array[] | null = null;
  #preambleTimer: NodeJS.Timeout | null = null;
  #keepAlive: NodeJS.Timeout | null = null;

  constructor(
    client: AnswerTarget,
    settings: HoldSettings,
    head: () => { status: number; headers: readonly string[] },
  ) {
    this.#client = client;
    this.#settings = settings;
    this.#head = head;
  }

  get started(): boolean {
    return this.#client.started;
  }

  /** Bytes that may wait: they leave with the first text, or when the time for waiting is over. */
  writeLater(bytes: Uint8Array): undefined {
    if (this.started) {
      this.#put(bytes);
      return;
    }
    this.#waiting.push(bytes);
    this.#startSoon();
  }

  /** Bytes that leave now. Resolves when the client can take more. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    this.start();
    if (this.#client.closed || this.#put(bytes)) return undefined;
    return this.#client.drained();
  }

  /** What is written up to `sendTogether` leaves in one write: a system call for each event is dear. */
  beginTogether(): void {
    this.#together = [];
  }

  /** Resolves when the client can take more. */
  sendTogether(): Promise<void> | undefined {
    const pieces = joined(this.#together ?? []);
    this.#together = null;
    if (pieces.length === 0 || this.#client.closed) return undefined;
    let goOn = true;
    for (const piece of pieces) goOn = this.#client.write(piece);
    return goOn ? undefined : this.#client.drained();
  }

  /** False where the client should be waited for. */
  #put(bytes: Uint8Array): boolean {
    if (this.#together === null) return this.#client.write(bytes);
    this.#together.push(bytes);
    return true;
  }

  start(): void {
    if (this.started || this.#client.closed) return;
    this.#clearPreamble();
    const { status, headers } = this.#head();
    this.#client.writeHead(status, headers);
    for (const bytes of this.#waiting) this.#put(bytes);
    this.#waiting = [];
  }

  /** From now on the client hears from us although nothing is released. */
  holding(): void {
    this.#startSoon();
    this.#keepAlive ??= setInterval(() => {
      if (this.started) this.#client.keepAlive(commentFrame("keep-alive"));
    }, this.#settings.keepAliveSeconds * 1000);
  }

  notHolding(): void {
    if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
    this.#keepAlive = null;
  }

  /** Ends well; resolves once all was handed to the kernel, or the client is gone. */
  async end(): Promise<void> {
    this.start();
    this.close();
    await this.#client.end();
  }

  /** Stops all timers; what waits is dropped. */
  close(): void {
    this.#clearPreamble();
    this.notHolding();
  }

  /** Also a turn that opens with a call sends its headers in time: a client waits for them. */
  #startSoon(): void {
    if (this.started) return;
    this.#preambleTimer ??= setTimeout(() => this.start(), this.#settings.preambleMs);
  }

  #clearPreamble(): void {
    if (this.#preambleTimer !== null) clearTimeout(this.#preambleTimer);
    this.#preambleTimer = null;
  }
}

/** Pieces of this size or smaller are copied into one; copying more would cost more than it saves. */
const joinedBytesMax = 16 * 1024;

/** The pieces as few: neighbours in one chunk are one view on it, and small ones one copy. */
function joined(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const views: Buffer[] = [];
  let bytes = 0;
  for (const { buffer, byteOffset, byteLength } of pieces) {
    const last = views.at(-1);
    bytes += byteLength;
    if (last !== undefined && last.buffer === buffer && last.byteOffset + last.byteLength === byteOffset) {
      views[views.length - 1] = Buffer.from(buffer, last.byteOffset, last.byteLength + byteLength);
    } else views.push(Buffer.from(buffer, byteOffset, byteLength));
  }
  return views.length > 1 && bytes <= joinedBytesMax ? [Buffer.concat(views, bytes)] : views;
}
