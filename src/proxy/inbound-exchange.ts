import type { Caller, Exchange, Plane } from "../exchange/exchange.ts";
import type { Inbound } from "./inbound.ts";

/** The exchange that a client's request begins, as guards know it. */
export class InboundExchange implements Exchange {
  readonly id: string;
  readonly plane: Plane;
  readonly protocol: string;
  readonly caller: Caller;
  readonly target: string;
  readonly #inbound: Inbound;

  constructor(inbound: Inbound, plane: Plane, protocol: string, target: string, caller: Caller) {
    this.id = inbound.id;
    this.plane = plane;
    this.protocol = protocol;
    this.target = target;
    this.caller = caller;
    this.#inbound = inbound;
  }

  /** Made when a guard asks for it; nearly none does. */
  get signal(): AbortSignal {
    return this.#inbound.gone;
  }
}
