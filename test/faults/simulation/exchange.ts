import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Process, World } from "./world.ts";

/** What a client is told. */
export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request as Node hands it to the gateway. */
export function incomingOf({ method, url, headers, body }: Request): IncomingMessage {
  const length = { "content-length": String(Buffer.byteLength(body)) };
  const all = { ...headers, ...length };
  const stream = new Readable({ read() {} });
  stream.push(body);
  stream.push(null);
  const distinct = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]]));
  const more = { method, url, headers: all, rawHeaders: Object.entries(all).flat(), complete: true };
  return Object.assign(stream, more, { headersDistinct: distinct }) as unknown as IncomingMessage;
}

/** What happens to a response on its way. */
export interface Listener {
  /** Its head leaves: whatever it says must be true by now. */
  head(status: number, headers: Readonly<Record<string, string>>): void;
  /** A part of it leaves: all that left so far. */
  piece?(body: string): void;
  /** The kernel has all of it. */
  handedOver(told: Told): void;
  broken(): void;
}

/** A response as Node hands it to the gateway: bytes go to a kernel, and the client may be gone. */
export class SimulatedResponse extends EventEmitter {
  readonly #world: World;
  readonly #process: Process;
  readonly #listener: Listener;
  readonly #chunks: Buffer[] = [];
  #headers: Record<string, string> = {};
  statusCode = 200;
  headersSent = false;
  destroyed = false;
  writableFinished = false;
  writableNeedDrain = false;

  constructor(world: World, process: Process, listener: Listener) {
    super();
    this.#world = world;
    this.#process = process;
    this.#listener = listener;
  }

  get asResponse(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  writeHead(status: number, raw: readonly string[]): this {
    this.statusCode = status;
    this.headersSent = true;
    for (let i = 0; i + 1 < raw.length; i += 2)
      this.#headers[(raw[i] as string).toLowerCase()] = raw[i + 1] as string;
    this.#listener.head(status, this.#headers);
    return this;
  }

  flushHeaders(): void {}

  write(chunk: Uint8Array): boolean {
    if (this.destroyed) return true;
    this.#chunks.push(Buffer.from(chunk));
    this.#listener.piece?.(Buffer.concat(this.#chunks).toString("utf8"));
    return true;
  }

  end(...args: readonly unknown[]): this {
    const done = args.find((one) => typeof one === "function") as (() => void) | undefined;
    const [chunk] = args;
    if (this.destroyed) return this;
    if (typeof chunk === "string") this.#chunks.push(Buffer.from(chunk, "latin1"));
    else if (chunk instanceof Uint8Array) this.#chunks.push(Buffer.from(chunk));
    this.#world.after(this.#world.random.between(0, 1), this.#process, () => {
      if (this.destroyed) return;
      this.writableFinished = true;
      const body = Buffer.concat(this.#chunks).toString("utf8");
      this.#listener.handedOver({ status: this.statusCode, headers: this.#headers, body });
      done?.();
      this.#close();
    });
    return this;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.#listener.broken();
    this.#close();
    return this;
  }

  /** The gateway learns that the client is gone. */
  left(): void {
    this.#close();
  }

  #close(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit("close");
  }
}
