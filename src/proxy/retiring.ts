import type { Log } from "../exchange/log.ts";
import type { Shift } from "./roster.ts";
import type { Upstreams } from "./upstream.ts";

/** What only an earlier configuration has in use. */
export interface Leftover {
  readonly shift: Pick<Shift, "end">;
  /** Its connections; null where a later configuration has the same. */
  readonly upstreams: Pick<Upstreams, "close"> | null;
}

/** Earlier configurations that exchanges still run on. */
export class Retiring {
  readonly #leftovers = new Set<Leftover>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Ends what an earlier configuration left once the last of its exchanges has: when `ended` resolves. */
  async retire(leftover: Leftover, ended: Promise<void>): Promise<void> {
    this.#leftovers.add(leftover);
    await ended;
    await this.#end(leftover);
  }

  /** Ends all at once, whatever still runs: an effect may outlast its client, and would keep the process. */
  async close(): Promise<void> {
    await Promise.all([...this.#leftovers].map((leftover) => this.#end(leftover)));
  }

  async #end(leftover: Leftover): Promise<void> {
    if (!this.#leftovers.delete(leftover)) return;
    try {
      await leftover.upstreams?.close();
      await leftover.shift.end();
    } catch (cause) {
      this.#log.warn("an earlier configuration did not end well", { cause });
    }
  }
}
