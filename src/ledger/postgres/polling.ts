import type { Waiters } from "../waiters.ts";
import type { Queries } from "./database.ts";

/** How soon a change by another gateway, or an operator, is seen by who waits for it, ms. */
const everyMs = 100;

/**
 * Looks, while anybody waits, which of the records have ended: one question for all of them. No
 * notification is leaned on: one that is missed would make a client wait for nothing.
 */
export class Polling {
  readonly #waiters: Waiters;
  readonly #queries: Queries;
  #timer: NodeJS.Timeout | undefined;

  constructor(waiters: Waiters, queries: Queries) {
    this.#waiters = waiters;
    this.#queries = queries;
  }

  /** Goes on until nobody waits. */
  begin(): void {
    this.#timer ??= setTimeout(() => void this.#look(), everyMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const ids = this.#waiters.ids;
    const running = await this.#running(ids);
    for (const id of ids) if (!running.has(id)) this.#waiters.wake(id);
    this.#timer = undefined;
    if (this.#waiters.size > 0) this.begin();
  }

  /** Of a database that cannot be asked nothing has ended: who waits looks again when the time is up. */
  async #running(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    try {
      const sql = "select id from @claims where id = any(:ids) and state = 'intent'";
      const rows = await this.#queries.all(sql, { ids });
      return new Set(rows.map((row) => row["id"] as string));
    } catch {
      return new Set(ids);
    }
  }
}
