import type { Caller, Exchange } from "../../../src/exchange/exchange.ts";

/** A caller of the tenant `local`; anonymous unless a run is named. */
export function callerOf(run: Partial<Caller["run"]> = {}, tenant = "local"): Caller {
  return { tenant, run: { id: null, stage: null, attempt: null, ...run }, agent: null };
}

/** An exchange on its way to a model, of an anonymous run, that nobody aborts. */
export function plainExchange(more: Partial<Exchange> = {}): Exchange {
  return {
    id: "exchange-1",
    plane: "llm",
    protocol: "anthropic-messages",
    caller: callerOf(),
    target: "anthropic",
    signal: new AbortController().signal,
    ...more,
  };
}
