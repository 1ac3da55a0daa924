import type { ClaimRequest, Reuse } from "../../ledger/ledger.ts";
import type { Binding } from "./bind-call.ts";
import type { CallKey } from "./call-key.ts";
import { operationKey, setApart } from "./operation-key.ts";
import { orphanKey, type Orphans } from "./orphans.ts";
import { newKeyAfter, redispatchOf } from "./second-dispatch.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/** What an effect is claimed with. */
export interface ClaimedCall {
  /** `terms` are those of its key. */
  readonly exchange: ToolExchange;
  readonly orphans: Orphans;
  readonly key: CallKey;
  /** Which decisions it may carry out; null: nobody knows of any. */
  readonly binding: Binding | null;
}

/** True where the client itself says that it made this call before. */
export function saysRetry({ inbound }: ToolExchange): boolean {
  return Number(inbound.incoming.headers["x-stainless-retry-count"] ?? 0) > 0;
}

/** A client key that differs is another operation, whatever a model decided. */
function isProof({ exchange, key }: ClaimedCall): boolean {
  return key.clientKey !== null && exchange.tool.clientKeys === "stable";
}

/** The claim for the record that answers for a call. */
export async function effectClaim(call: ClaimedCall): Promise<ClaimRequest> {
  const { exchange, orphans, key: callKey } = call;
  const { engine, inbound, at, route, tool, terms } = exchange;
  const { incoming, method } = inbound;
  const { run, tenant } = at.caller;
  const redispatch = redispatchOf(terms);
  const { query, body } = callKey.identity();
  const { clientKey } = callKey;
  const equal = operationKey(at.caller, { ...route, query }, method, incoming.headers, body, terms);
  const binding = isProof(call) ? null : call.binding;
  // A client key that proves what it names keeps equal calls apart, running, refused and in doubt ones too.
  const own = isProof(call) ? setApart(equal.key, clientKey ?? "") : equal.key;
  const key = binding?.key ?? own;
  const isTracked = run.id === null || binding !== null;
  const orphan = isTracked
    ? await orphans.find(tenant, orphanKey({ run: run.id, attempt: run.attempt, key }))
    : undefined;
  return {
    tenant,
    kind: "effect",
    key,
    occurrence: orphan ?? "next",
    reuse: reuseOf(call, binding),
    // What was executed before its decision was known has a record by its bytes.
    ...(binding === null ? {} : { callsMax: binding.callsMax, formerKey: own }),
    run: run.id,
    stage: run.stage,
    attempt: run.attempt,
    fingerprint: equal.fingerprint,
    clientKey,
    clientKeyScope: `tool ${tool.name}`,
    detail: {
      tool: tool.name,
      method,
      target: `${tool.origin}${tool.basePath}${route.path}`,
      effect: terms.effect,
      exchange: inbound.id,
      ...(binding === null ? {} : { decisions: binding.decisions }),
    },
    owner: engine.owner,
    leaseMs: engine.settings.effects.leaseSeconds * 1000,
    sent: callKey.sent,
    newKeyAfter: newKeyAfter(terms),
    ...(redispatch === null ? {} : { redispatch }),
  };
}

/** When an equal call is taken for a retry of the newest one. */
function reuseOf(call: ClaimedCall, binding: Binding | null): Reuse {
  const { engine, at, terms } = call.exchange;
  const windowMs = engine.settings.effects.retryWindowSeconds * 1000;
  const explicit = at.caller.run.id !== null;
  if (isProof(call)) return { running: false, undelivered: false, deliveredWithinMs: 0 };
  if (saysRetry(call.exchange)) return { running: true, undelivered: true, deliveredWithinMs: windowMs };
  // Whether another execution was meant, the decisions say.
  if (binding !== null) return { running: false, undelivered: true, deliveredWithinMs: 0 };
  const irreversible = terms.effect === "irreversible" && explicit;
  return { running: explicit, undelivered: true, deliveredWithinMs: irreversible ? windowMs : 0 };
}
