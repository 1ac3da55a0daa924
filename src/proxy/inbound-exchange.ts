import type { Caller, Exchange, Plane } from "../exchange/exchange.ts";
import type { Inbound } from "./inbound.ts";
import type { Presence } from "./presence.ts";

/** The exchange that a client's request begins, as guards know it. */
export class InboundExchange implements Exchange {
  readonly id: string;
  readonly plane: Plane;
  readonly protocol: string;
  readonly caller: Caller;
  readonly target: string;
  readonly #presence: Presence;
  #signal: AbortSignal | null = null;

  /** `presence`: who the work is for; whoever sent the request, where nothing else is said. */
  constructor(
    inbound: Inbound,
    plane: Plane,
    protocol: string,
    target: string,
    caller: Caller,
    presence: Presence = inbound,
  ) {
    this.id = inbound.id;
    this.plane = plane;
    this.protocol = protocol;
    this.target = target;
    this.caller = caller;
    this.#presence = presence;
  }

  /** Made when a guard asks for it; nearly none does. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#presence);
    return this.#signal;
  }
}

function signalOf(presence: Presence): AbortSignal {
  const gone = new AbortController();
  presence.onLeave((reason) => gone.abort(reason));
  return gone.signal;
}
