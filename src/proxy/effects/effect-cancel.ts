import { LongstopError } from "../../exchange/error.ts";
import type { Cancelling, Inbound } from "../inbound.ts";
import type { Presence } from "../presence.ts";
import type { Cancelled } from "../running-exchanges.ts";
import { Stopping } from "../stopping.ts";
import { problem } from "./problem.ts";

/** An effect is never cancelled by a caller that went away. */
export const neverLeaves: Presence = { left: false, onLeave: () => {} };

/** What may have reached its tool, and can be put in doubt. */
export interface Doubtable {
  doubt(): Promise<Cancelled>;
}

/**
 * What it means that an operator cancels a call with an effect. As long as nothing was sent, nothing is: its
 * caller is told so at once. From the first byte on it is in doubt until it answers, and from its answer
 * on there is nothing left to cancel.
 *
 * Every call has one and nearly none is asked, so it is one object that holds nothing once the call is over:
 * as who it is for, until it is sent, and as what its request calls to cancel it.
 */
export class EffectCancel extends Stopping implements Cancelling {
  readonly #inbound: Inbound;
  #sent: Doubtable | "ended" | null = null;

  constructor(inbound: Inbound) {
    super(neverLeaves);
    this.#inbound = inbound;
    inbound.cancelling = this;
  }

  /** Throws where it was cancelled before anything was sent: from then on nothing may be. */
  check(): void {
    if (this.reason !== null) throw this.reason;
  }

  /** Rejects once it is cancelled, although the work goes on. */
  async unlessCancelled<T>(work: Promise<T> | null): Promise<T | null> {
    if (work === null) return null;
    const { promise, reject } = Promise.withResolvers<never>();
    this.onLeave(reject);
    return Promise.race([work, promise]);
  }

  /** From now on bytes of `sent` may be on their way to the tool: to cancel it is to doubt it. */
  leaves(sent: Doubtable): void {
    this.#sent = sent;
    this.goesOn();
  }

  /** There is nothing left to cancel: the tool has said how it ended, or the call is over. */
  ended(): void {
    this.#sent = "ended";
    this.goesOn();
  }

  cancel(): Cancelled | Promise<Cancelled> {
    const inbound = this.#inbound;
    if (this.#sent !== null) return this.#sent === "ended" ? "ended" : this.#sent.doubt();
    // A recorded answer is on its way, unless that was the word to a client that its time is over.
    if (inbound.started && !inbound.left) return "ended";
    const error = new LongstopError(
      "exchange_cancelled",
      "This call was cancelled by the operator before it was sent to the tool.",
    );
    inbound.dismiss(() => void inbound.sendAnswer(problem(error, inbound.id)));
    this.stop(error);
    return "cancelled";
  }
}
