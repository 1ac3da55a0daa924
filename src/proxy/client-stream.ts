import { commentFrame } from "../wire/sse.ts";
import { drained } from "./drained.ts";
import type { Inbound } from "./inbound.ts";
import type { HoldSettings } from "./settings.ts";

/**
 * The stream to the client. Headers and what says nothing yet wait for the first text, or for
 * `preambleMs`, so that a turn that opens with a bad call can still be a plain error. While calls
 * are held, comments keep the connection alive.
 */
export class ClientStream {
  readonly #inbound: Inbound;
  readonly #settings: HoldSettings;
  readonly #head: () => { status: number; headers: readonly string[] };
  #waiting: Uint8Array[] = [];
  #preambleTimer: NodeJS.Timeout | null = null;
  #keepAlive: NodeJS.Timeout | null = null;

  constructor(
    inbound: Inbound,
    settings: HoldSettings,
    head: () => { status: number; headers: readonly string[] },
  ) {
    this.#inbound = inbound;
    this.#settings = settings;
    this.#head = head;
  }

  get started(): boolean {
    return this.#inbound.started;
  }

  /** Bytes that may wait: they leave with the first text, or when the time for waiting is over. */
  writeLater(bytes: Uint8Array): undefined {
    if (this.started) {
      this.#inbound.outgoing.write(bytes);
      return;
    }
    this.#waiting.push(bytes);
    this.#startSoon();
  }

  /** Bytes that leave now. Resolves when the client can take more. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    this.start();
    const { outgoing } = this.#inbound;
    if (outgoing.destroyed || outgoing.write(bytes)) return undefined;
    return drained(outgoing);
  }

  start(): void {
    if (this.started || this.#inbound.outgoing.destroyed) return;
    this.#clearPreamble();
    const { status, headers } = this.#head();
    this.#inbound.writeHead(status, headers);
    for (const bytes of this.#waiting) this.#inbound.outgoing.write(bytes);
    this.#waiting = [];
  }

  /** From now on the client hears from us although nothing is released. */
  holding(): void {
    this.#startSoon();
    this.#keepAlive ??= setInterval(() => {
      if (this.started && !this.#inbound.outgoing.writableNeedDrain) {
        this.#inbound.outgoing.write(commentFrame("keep-alive"));
      }
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
    const { outgoing } = this.#inbound;
    if (outgoing.destroyed) return;
    await new Promise<void>((resolve) => {
      outgoing.once("close", resolve);
      outgoing.end(resolve);
    });
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
