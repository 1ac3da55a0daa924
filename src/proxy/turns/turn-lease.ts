import type { Log } from "../../exchange/log.ts";
import type { Fence, Ledger } from "../../ledger/ledger.ts";
import type { Clock } from "../clock.ts";
import { sharedMoment } from "./shared-moment.ts";
import type { SharedMoments } from "./shared-moments.ts";

/** What a lease is kept with. */
export interface LeasePorts {
  readonly ledger: Pick<Ledger, "renew">;
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly moments: SharedMoments;
  readonly leaseMs: number;
}

/** How often leases are looked after. */
const renewStepMs = 1000;

/** The lease of a turn's claim, renewed until it is ended. */
export class TurnLease {
  readonly #ports: LeasePorts;
  readonly #fence: Fence;
  readonly #lost: () => void;
  readonly #renewNow = (): void => void this.#renew();
  /** Until then nobody else makes the turn. */
  #heldUntilMs: number;
  /** When it is renewed next; null once it is ended. */
  #renewAtMs: number | null = null;

  /** `lost` is called once where another one has the claim. */
  constructor(ports: LeasePorts, fence: Fence, lost: () => void) {
    this.#ports = ports;
    this.#fence = fence;
    this.#lost = lost;
    this.#heldUntilMs = ports.clock.now() + ports.leaseMs;
    this.#awaitRenewal();
  }

  /**
   * False where another gateway may have made it anew: this one was stopped for longer than its lease. True
   * again once it is known that nobody has.
   */
  get isHeld(): boolean {
    return this.#ports.clock.now() < this.#heldUntilMs;
  }

  /** The turn has ended, and nobody else made it. */
  settled(): void {
    this.#heldUntilMs = Infinity;
  }

  /** Another one has it. */
  lose(): void {
    this.#heldUntilMs = -Infinity;
    this.end();
    this.#lost();
  }

  /** It is not renewed any more. */
  end(): void {
    if (this.#renewAtMs !== null) this.#ports.moments.leave(this.#renewAtMs, this.#renewNow);
    this.#renewAtMs = null;
  }

  /** After a third of it, together with others. */
  #awaitRenewal(): void {
    const { clock, leaseMs, moments } = this.#ports;
    this.#renewAtMs = sharedMoment(clock.now() + leaseMs / 3, Math.min(leaseMs / 6, renewStepMs));
    moments.join(this.#renewAtMs, this.#renewNow);
  }

  async #renew(): Promise<void> {
    const { clock, ledger, leaseMs, log } = this.#ports;
    try {
      const untilMs = clock.now() + leaseMs;
      const isRenewed = await ledger.renew(this.#fence, leaseMs);
      // It may have ended meanwhile, and what is known of it then counts.
      if (this.#renewAtMs === null) return;
      if (!isRenewed) return this.lose();
      this.#heldUntilMs = untilMs;
    } catch (cause) {
      log.warn("lease not renewed", { turn: this.#fence.id, cause });
    }
    if (this.#renewAtMs !== null) this.#awaitRenewal();
  }
}
