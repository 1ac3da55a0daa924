import { blobBytesMax } from "../ledger.ts";
import type { Connection } from "./connection.ts";
import { ledgerDown } from "./failures.ts";

/** The share kept free for ending what has begun: an outcome must have room when nothing new has. */
const reservedShare = 0.1;
/** It is never so little that the last blob taken in uses it up, and never more than is of use. */
const reservedBytesMin = 2 * blobBytesMax;
const reservedBytesMax = 64 * 1024 * 1024;

const mebi = 1024 * 1024;

/**
 * The bound on the ledger's size. SQLite itself enforces the hard one (`max_page_count`); new work
 * stops earlier. Pages that a sweep freed count as free: the file does not shrink, it is filled again.
 */
export class Room {
  readonly #connection: Connection;
  readonly #pageBytes: number;
  readonly #sizeBytesMax: number;
  readonly #newWorkBytesMax: number;

  constructor(connection: Connection, sizeBytesMax: number) {
    this.#connection = connection;
    this.#sizeBytesMax = sizeBytesMax;
    const reserved = Math.min(reservedBytesMax, Math.floor(sizeBytesMax * reservedShare));
    this.#newWorkBytesMax = sizeBytesMax - Math.max(reservedBytesMin, reserved);
    this.#pageBytes = connection.number("PRAGMA page_size");
    connection.exec(`PRAGMA max_page_count = ${Math.floor(sizeBytesMax / this.#pageBytes)}`);
  }

  usedBytes(): number {
    const pages =
      this.#connection.number("PRAGMA page_count") - this.#connection.number("PRAGMA freelist_count");
    return pages * this.#pageBytes;
  }

  /** Why nothing new is taken on, or null while there is room. */
  refusal(): string | null {
    const used = this.usedBytes();
    if (used <= this.#newWorkBytesMax) return null;
    return (
      `The ledger ${this.#connection.file} is full: ${mebibytes(used)} of ledger.sizeBytesMax ` +
      `${mebibytes(this.#sizeBytesMax)}, and the rest is kept for what is running. Nothing new is ` +
      "taken on. Raise ledger.sizeBytesMax or lower ledger.retentionDays."
    );
  }

  /** Throws `ledger_down` where there is no room for new work. */
  require(): void {
    const refusal = this.refusal();
    if (refusal !== null) throw ledgerDown(refusal);
  }
}

export function mebibytes(bytes: number): string {
  return `${(bytes / mebi).toFixed(1)} MiB`;
}
