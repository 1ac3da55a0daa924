import { LongstopError } from "../exchange/error.ts";
import type { Inbound } from "./inbound.ts";
import type { RunningTurns } from "./turns/running-turns.ts";

/**
 * What became of the wish to cancel an exchange.
 * - `inDoubt`: the operation that it executes outside, which is not taken back by not listening any more:
 *   it goes on, and is in doubt until it answers
 * - `ended`: its answer is on its way already, or its client is gone and no work is left
 * - `unknown`: no such exchange runs here
 */
export type Cancelled = "cancelled" | "ended" | "unknown" | { readonly inDoubt: string };

/** The exchanges of this process that have not ended, for who may cancel them. */
export class RunningExchanges {
  readonly #running = new Map<string, Inbound>();

  get size(): number {
    return this.#running.size;
  }

  begin(inbound: Inbound): void {
    this.#running.set(inbound.id, inbound);
  }

  end({ id }: Inbound): void {
    this.#running.delete(id);
  }

  /** Ends the work on an exchange: who waits is told, and so is its upstream, unless it has an effect. */
  cancel(id: string, turns: RunningTurns): Cancelled | Promise<Cancelled> {
    const inbound = this.#running.get(id);
    if (inbound === undefined) return "unknown";
    const reason = new LongstopError("exchange_cancelled", "This exchange was cancelled by the operator.");
    const turn = turns.ofExchange(id);
    if (turn === null) return inbound.cancel(reason);
    turn.output.stop(reason);
    return "cancelled";
  }
}
