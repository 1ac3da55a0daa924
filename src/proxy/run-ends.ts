import { LRUCache } from "lru-cache";
import { LongstopError } from "../exchange/error.ts";
import type { Caller } from "../exchange/exchange.ts";
import type { Log } from "../exchange/log.ts";
import { factKinds, type RunClosedFact, subjectOfRun } from "../exchange/run-facts.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** Runs whose state is kept in memory. */
const runsMax = 10_000;
/** How long what the ledger said holds, ms: an operator's closing is seen no later than this. */
const openForMs = 1000;
const closedForMs = 60_000;

interface Known {
  readonly closed: boolean;
  readonly atMs: number;
}

/** Which explicit runs have ended: they take no new exchange under their id. */
export class RunEnds {
  readonly #ledger: Pick<Ledger, "facts" | "append">;
  readonly #log: Log;
  readonly #now: () => number;
  // With `max` it would make room for all of them at once.
  readonly #known = new LRUCache<string, Known>({ maxSize: runsMax, sizeCalculation: () => 1 });

  constructor(ledger: Pick<Ledger, "facts" | "append">, log: Log, now: () => number) {
    this.#ledger = ledger;
    this.#log = log;
    this.#now = now;
  }

  /**
   * Lets an exchange in, or throws `run_closed`. A promise only where the ledger must be asked. While it
   * cannot be asked runs are open: a turn passes, and an effect is refused for the ledger's own sake.
   */
  admit({ tenant, run }: Caller): void | Promise<void> {
    if (run.id === null) return undefined;
    const known = this.#known.get(`${tenant} ${run.id}`);
    const forMs = known?.closed === true ? closedForMs : openForMs;
    if (known === undefined || this.#now() - known.atMs > forMs) return this.#ask(tenant, run.id);
    if (known.closed) throw closedError(run.id);
    return undefined;
  }

  /** Ends a run. It is closed from this moment on; false where that could not be written. */
  async close({ tenant, run }: Caller, value: RunClosedFact): Promise<boolean> {
    if (run.id === null) return false;
    const key = `${tenant} ${run.id}`;
    this.#known.set(key, { closed: true, atMs: this.#now() });
    try {
      await this.#ledger.append([
        { tenant, subject: subjectOfRun(run.id), kind: factKinds.runClosed, value },
      ]);
      return true;
    } catch (cause) {
      this.#known.delete(key);
      this.#log.warn("a run cannot be closed", { run: run.id, cause });
      return false;
    }
  }

  async #ask(tenant: string, run: string): Promise<void> {
    const key = `${tenant} ${run}`;
    const atMs = this.#now();
    let closed: boolean;
    try {
      const [first] = await this.#ledger.facts(tenant, subjectOfRun(run), factKinds.runClosed, { limit: 1 });
      closed = first !== undefined;
    } catch (cause) {
      this.#log.warn("whether a run is closed cannot be read", { run, cause });
      // What was closed stays so; of another one the ledger is asked again in a while, not by every request.
      const last = this.#known.get(key);
      if (last?.closed === true) throw closedError(run);
      this.#known.set(key, { closed: false, atMs: this.#now() });
      return;
    }
    // A closing of this process is newer than what was read before it.
    const known = this.#known.get(key);
    if (!closed && known?.closed === true && known.atMs >= atMs) throw closedError(run);
    this.#known.set(key, { closed, atMs });
    if (closed) throw closedError(run);
  }
}

function closedError(run: string): LongstopError {
  return new LongstopError(
    "run_closed",
    `The run ${JSON.stringify(run)} is closed and takes no new request. Nothing was sent. ` +
      "Begin another run under another id.",
    { detail: { run } },
  );
}
