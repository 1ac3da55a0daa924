import type { Exchange } from "../../exchange/exchange.ts";
import type { Engine } from "../engine.ts";
import type { Inbound } from "../inbound.ts";
import type { Route } from "../routes.ts";
import type { ToolTarget } from "../settings.ts";
import type { EffectCancel } from "./effect-cancel.ts";
import type { EffectTerms } from "./terms.ts";

/** One call of an HTTP tool, and what it is served with. */
export interface ToolExchange {
  readonly engine: Engine;
  readonly inbound: Inbound;
  readonly at: Exchange;
  readonly route: Route;
  readonly tool: ToolTarget;
  readonly terms: EffectTerms;
  /** Of an effect: what an operator cancels. Left out, to cancel it ends the work on it. */
  readonly cancel?: EffectCancel;
}
