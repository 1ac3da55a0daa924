import type { ClaimRecord, Fence } from "../ledger.ts";

/** Records that are remembered: what runs longer than so many others is asked for when it ends. */
const recordsMax = 4096;

/**
 * The records of first dispatches that run, as they were made: whoever ends one knows what it becomes. What
 * may change a record while it runs must make it `forget`; whether it still runs, the ledger's thread says.
 */
export class Running {
  readonly #records = new Map<string, ClaimRecord>();

  remember(record: ClaimRecord): void {
    this.#records.set(record.id, record);
    if (this.#records.size <= recordsMax) return;
    const [oldest] = this.#records.keys();
    if (oldest !== undefined) this.#records.delete(oldest);
  }

  has(fence: Fence): boolean {
    return this.find(fence) !== null;
  }

  /** The record of this dispatch, or null where it is not known. */
  find({ id, epoch, nonce }: Fence): ClaimRecord | null {
    const record = this.#records.get(id);
    return record?.epoch === epoch && record.nonce === nonce ? record : null;
  }

  forget(id: string): void {
    this.#records.delete(id);
  }
}
