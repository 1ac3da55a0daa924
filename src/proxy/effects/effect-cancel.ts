import { LongstopError } from "../../exchange/error.ts";
import type { Inbound } from "../inbound.ts";
import type { Presence } from "../presence.ts";
import type { Cancelled } from "../running-exchanges.ts";
import { Stopping } from "../stopping.ts";
import { problem } from "./problem.ts";

/** An effect is never cancelled by a caller that went away. */
export const neverLeaves: Presence = { left: false, onLeave: () => {} };

/**
 * What it means that an operator cancels a call with an effect. As long as nothing was sent, nothing is: its
 * caller is told so at once. From the first byte on it is in doubt until it answers, and from its answer
 * on there is nothing left to cancel.
 */
export class EffectCancel {
  readonly #inbound: Inbound;
  readonly #unsent = new Stopping(neverLeaves);
  #sent: (() => Promise<Cancelled>) | null = null;

  constructor(inbound: Inbound) {
    this.#inbound = inbound;
    inbound.whenCancelled = () => this.#cancel();
  }

  /** Ends what has not been sent. Whoever waits for the answer of another call's is ended by it, too. */
  get unsent(): Presence {
    return this.#unsent;
  }

  /** Throws where it was cancelled before anything was sent: from then on nothing may be. */
  check(): void {
    if (this.#unsent.reason !== null) throw this.#unsent.reason;
  }

  /** Rejects once it is cancelled, although the work goes on. */
  async unlessCancelled<T>(work: Promise<T> | null): Promise<T | null> {
    if (work === null) return null;
    const { promise, reject } = Promise.withResolvers<never>();
    this.#unsent.onLeave(reject);
    return Promise.race([work, promise]);
  }

  /** From now on bytes may be on their way to the tool: to cancel it is `doubt`. */
  leaves(doubt: () => Promise<Cancelled>): void {
    this.#sent = doubt;
  }

  /** The tool has said how it ended. */
  answered(): void {
    this.#sent = () => Promise.resolve("ended");
  }

  #cancel(): Cancelled | Promise<Cancelled> {
    if (this.#sent !== null) return this.#sent();
    const inbound = this.#inbound;
    // A recorded answer is on its way, unless that was the word to a client that its time is over.
    if (inbound.started && !inbound.left) return "ended";
    const error = new LongstopError(
      "exchange_cancelled",
      "This call was cancelled by the operator before it was sent to the tool.",
    );
    inbound.dismiss(() => void inbound.sendAnswer(problem(error, inbound.id)));
    this.#unsent.stop(error);
    return "cancelled";
  }
}
