import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/**
 * The body of a request, as it comes, for a reader that may stop early. An upstream can answer before it
 * has read the request, and undici then destroys the body. Destroying the request itself would close the
 * client's connection before the answer has reached it, so what is left is read and thrown away.
 */
export class RequestStream extends Readable {
  readonly #incoming: IncomingMessage;
  readonly #bytesMax: number;
  readonly #tooLarge: () => Error;
  #bytes = 0;

  /** A byte over `bytesMax`, and it fails with `tooLarge()`. */
  constructor(incoming: IncomingMessage, bytesMax: number, tooLarge: () => Error) {
    super();
    this.#incoming = incoming;
    this.#bytesMax = bytesMax;
    this.#tooLarge = tooLarge;
    // A client may leave before there is a reader to hear of it, or behind its last one.
    this.on("error", () => {});
    incoming.on("data", (chunk: Buffer) => this.#take(chunk));
    incoming.on("end", () => this.push(null));
    incoming.on("close", () => {
      if (!incoming.readableEnded) this.destroy(new Error("the request ended before its body was whole"));
    });
  }

  override _read(): void {
    this.#incoming.resume();
  }

  override _destroy(cause: Error | null, done: (cause?: Error | null) => void): void {
    this.#incoming.resume();
    done(cause);
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) this.destroy(this.#tooLarge());
    else if (!this.push(chunk)) this.#incoming.pause();
  }
}
