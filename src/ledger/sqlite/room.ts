import { blobBytesMax, type ClaimKind } from "../ledger.ts";
import type { Connection } from "./connection.ts";
import { ledgerDown } from "./failures.ts";

/** The share kept free for ending what has begun: an outcome must have room when nothing new has. */
const reservedShare = 0.1;
/** It is never so little that the last blob taken in uses it up, and never more than is of use. */
const reservedBytesMin = 2 * blobBytesMax;
const reservedBytesMax = 64 * 1024 * 1024;

/** The share of the room for new work that turns may use: what they fill must be there for effects. */
const turnShare = 0.75;

/** What a row takes at most beside its bytes: a part of a page in the table and in each index. */
const overheadBytes = 4096;

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
  /** Bytes in use when the batch at hand began, and what it took since; null: not asked yet. */
  #batch: { readonly used: number; taken: number } | null = null;

  constructor(connection: Connection, sizeBytesMax: number) {
    this.#connection = connection;
    this.#sizeBytesMax = sizeBytesMax;
    const reserved = Math.min(reservedBytesMax, Math.floor(sizeBytesMax * reservedShare));
    this.#newWorkBytesMax = sizeBytesMax - Math.max(reservedBytesMin, reserved);
    this.#pageBytes = connection.number("PRAGMA page_size");
    connection.exec(`PRAGMA max_page_count = ${Math.floor(sizeBytesMax / this.#pageBytes)}`);
  }

  /** Another batch begins. */
  anew(): void {
    this.#batch = null;
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
      `The ledger ${this.#connection.file} is full: ${this.#filled(used)}, and the rest is kept for what ` +
      "is running. Nothing new is taken on. Raise ledger.sizeBytesMax or lower ledger.retentionDays."
    );
  }

  #filled(used: number): string {
    return `${mebibytes(used)} of ledger.sizeBytesMax ${mebibytes(this.#sizeBytesMax)}`;
  }

  /**
   * Whether there is room for new work; if so, `bytes` are taken of it. Pages are counted once for each
   * batch: asking for each piece of work costs as much as writing it.
   */
  has(bytes = 0): boolean {
    this.#batch ??= { used: this.usedBytes(), taken: 0 };
    if (this.#batch.used + this.#batch.taken > this.#newWorkBytesMax) {
      // What was taken is a guess on the safe side: only the pages say that it is full.
      this.#batch = { used: this.usedBytes(), taken: 0 };
      if (this.#batch.used > this.#newWorkBytesMax) return false;
    }
    this.#batch.taken += bytes + overheadBytes;
    return true;
  }

  /** Throws `ledger_down` where there is no room for new work, or for work of this kind. */
  require(kind: ClaimKind = "effect"): void {
    if (kind === "turn") this.#requireForTurn();
    if (this.has()) return;
    const refusal = this.refusal();
    if (refusal !== null) throw ledgerDown(refusal);
  }

  #requireForTurn(): void {
    const bytesMax = this.#newWorkBytesMax * turnShare;
    this.#batch ??= { used: this.usedBytes(), taken: 0 };
    if (this.#batch.used + this.#batch.taken <= bytesMax) return;
    const used = this.usedBytes();
    if (used <= bytesMax) return;
    throw ledgerDown(
      `The ledger ${this.#connection.file} records no more turns: it holds ${this.#filled(used)}, and the ` +
        "rest is kept for effects. Raise ledger.sizeBytesMax or lower ledger.retentionDays.",
    );
  }
}

export function mebibytes(bytes: number): string {
  return `${(bytes / mebi).toFixed(1)} MiB`;
}
