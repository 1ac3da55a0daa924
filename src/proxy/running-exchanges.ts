import { LongstopError } from "../exchange/error.ts";
import type { Inbound } from "./inbound.ts";
import type { RunningTurns } from "./turns/running-turns.ts";

/**
 * What became of the wish to cancel an exchange.
 * - `effect`: it executes something outside, which is not taken back by not listening any more
 * - `ended`: its answer is on its way already, or its client is gone and no work is left
 * - `unknown`: no such exchange runs here
 */
export type Cancelled = "cancelled" | "effect" | "ended" | "unknown";

/** The exchanges of this process that have not ended, for who may cancel them. */
export class RunningExchanges {
  readonly #running = new Map<string, Inbound>();
  readonly #effects = new Set<string>();

  get size(): number {
    return this.#running.size;
  }

  begin(inbound: Inbound): void {
    this.#running.set(inbound.id, inbound);
  }

  /** From now on it may execute something outside. */
  executes({ id }: Inbound): void {
    this.#effects.add(id);
  }

  end({ id }: Inbound): void {
    this.#running.delete(id);
    this.#effects.delete(id);
  }

  /** Ends the work on an exchange with a model: its upstream hears of it, and so does who waits for it. */
  cancel(id: string, turns: RunningTurns): Cancelled {
    const inbound = this.#running.get(id);
    if (inbound === undefined) return "unknown";
    if (this.#effects.has(id)) return "effect";
    const reason = new LongstopError("exchange_cancelled", "This exchange was cancelled by the operator.");
    const turn = turns.ofExchange(id);
    if (turn === null) return inbound.cancel(reason) ? "cancelled" : "ended";
    turn.output.stop(reason);
    return "cancelled";
  }
}
