/**
 * Anonymous operations that still run although their client is gone. An equal call is then a retry
 * on evidence, and meets the running one; without that evidence it is a new operation. Only this
 * process can know it, and only while the operation runs: afterwards the ledger knows whether the
 * answer was handed over.
 */
export class Orphans {
  readonly #running = new Map<string, Set<number>>();

  /** The occurrence of the longest running operation under this base key whose client is gone. */
  occurrence(tenant: string, key: string): number | undefined {
    return this.#running.get(`${tenant} ${key}`)?.values().next().value;
  }

  add(tenant: string, key: string, occurrence: number): void {
    const place = `${tenant} ${key}`;
    const known = this.#running.get(place);
    if (known === undefined) this.#running.set(place, new Set([occurrence]));
    else known.add(occurrence);
  }

  /** Ends one of them: others under the same key may run on. */
  delete(tenant: string, key: string, occurrence: number): void {
    const place = `${tenant} ${key}`;
    const known = this.#running.get(place);
    known?.delete(occurrence);
    if (known?.size === 0) this.#running.delete(place);
  }
}
