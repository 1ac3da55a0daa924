import type { Log } from "../../exchange/log.ts";
import { blobBytesMax, type Ledger } from "../../ledger/ledger.ts";

/**
 * Records a long body while it passes, in pieces of one blob each. Over its bound, or where the
 * ledger refuses a piece, it gives up recording; the body passes all the same.
 */
export class BodyRecorder {
  readonly #ledger: Ledger;
  readonly #tenant: string;
  readonly #bytesMax: number;
  readonly #log: Log;
  readonly #hashes: string[] = [];
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #bytes = 0;
  #gaveUp = false;

  constructor(ledger: Ledger, tenant: string, bytesMax: number, log: Log) {
    this.#ledger = ledger;
    this.#tenant = tenant;
    this.#bytesMax = bytesMax;
    this.#log = log;
  }

  async add(chunk: Uint8Array): Promise<void> {
    if (this.#gaveUp) return;
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#bytesMax) return this.#giveUp(`it is larger than ${this.#bytesMax} bytes`);
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.byteLength;
    if (this.#waitingBytes >= blobBytesMax) await this.#write(false);
  }

  /** The hashes of the whole body in order, or null where it was not recorded whole. */
  async end(): Promise<readonly string[] | null> {
    if (!this.#gaveUp) await this.#write(true);
    return this.#gaveUp ? null : this.#hashes;
  }

  async #write(all: boolean): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    let at = 0;
    try {
      const least = all ? 1 : blobBytesMax;
      while (bytes.length - at >= least) {
        this.#hashes.push(await this.#ledger.put(this.#tenant, bytes.subarray(at, at + blobBytesMax)));
        at = Math.min(bytes.length, at + blobBytesMax);
      }
    } catch (cause) {
      return this.#giveUp("the ledger refused a piece", cause);
    }
    this.#waiting = [bytes.subarray(at)];
    this.#waitingBytes = bytes.length - at;
  }

  #giveUp(why: string, cause?: unknown): void {
    this.#gaveUp = true;
    this.#waiting = [];
    this.#log.warn("long answer not recorded", { why, cause });
  }
}
