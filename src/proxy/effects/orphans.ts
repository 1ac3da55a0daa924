/**
 * Anonymous operations that still run although their client is gone. An equal call is then a retry
 * on evidence, and meets the running one; without that evidence it is a new operation. Only this
 * process can know it, and only while the operation runs: afterwards the ledger knows whether the
 * answer was handed over.
 */
export class Orphans {
  readonly #running = new Map<string, number>();

  /** The occurrence of a running operation under this base key whose client is gone, if any. */
  occurrence(tenant: string, key: string): number | undefined {
    return this.#running.get(`${tenant} ${key}`);
  }

  add(tenant: string, key: string, occurrence: number): void {
    this.#running.set(`${tenant} ${key}`, occurrence);
  }

  delete(tenant: string, key: string): void {
    this.#running.delete(`${tenant} ${key}`);
  }
}
