import { Pool, type Dispatcher } from "undici";
import type { Target, Timeouts } from "./settings.ts";

/** Connections to all upstreams: one pool for each origin, made when it is first used. */
export class Connections {
  readonly #pools = new Map<string, Pool>();
  readonly #timeouts: Timeouts;

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

  /** What dispatches to a target. */
  to({ origin }: Target): Dispatcher {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        pipelining: 1,
        connectTimeout: this.#timeouts.connectMs,
        // On an HTTP/2 connection undici sends a request again by itself when the upstream refuses the
        // stream, and a dispatch is never repeated behind the ledger's back.
        allowH2: false,
        headersTimeout: this.#timeouts.headersMs,
        bodyTimeout: this.#timeouts.idleMs,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }
}
