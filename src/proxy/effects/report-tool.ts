import type { Claimed, ClaimRequest } from "../../ledger/ledger.ts";
import type { Engine } from "../engine.ts";
import { passAnswer } from "../pass-through.ts";
import { UpstreamFailure, type UpstreamAnswer } from "../upstream.ts";
import { requestHeaders } from "../upstream-headers.ts";
import { outcomeOf } from "./outcome.ts";
import { recordable } from "./recorded-answer.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/**
 * An effect in report mode: everything is dispatched and passes as it comes; the ledger and the log
 * say what enforce mode would have done. No failure of the ledger stops a call.
 */
export async function reportTool(
  { engine, inbound, route, tool, terms }: ToolExchange,
  request: ClaimRequest,
  body: Uint8Array,
): Promise<void> {
  const claimed = await claimQuietly(engine, request);
  if (claimed !== null && claimed.kind !== "won") {
    const { id, state } = claimed.record;
    engine.log.warn("effect reported: would not be dispatched", {
      operation: id,
      state,
      tool: tool.name,
      kind: claimed.kind,
    });
  }
  inbound.timing.dispatched();
  let answer: UpstreamAnswer;
  try {
    answer = await engine.upstreams.send({
      target: tool,
      method: inbound.method,
      path: route.path + route.query,
      headers: requestHeaders(inbound.incoming.rawHeaders, "whole", false),
      body: body.byteLength === 0 ? null : body,
      signal: inbound.gone,
      headersMs: terms.timeoutMs,
    });
  } catch (thrown) {
    const unsent = thrown instanceof UpstreamFailure && thrown.sent === "no";
    await settleQuietly(engine, claimed, unsent ? "not-sent" : "in-doubt", null);
    throw thrown instanceof UpstreamFailure ? thrown.error : thrown;
  }
  inbound.timing.upstreamHeaders();
  await settleQuietly(engine, claimed, outcomeOf(answer.status, terms), answer);
  await passAnswer(inbound, answer);
  // Without this every later equal call would be reported as a retry that had not got its answer.
  if (inbound.outgoing.writableFinished) await deliveredQuietly(engine, claimed);
}

async function claimQuietly(engine: Engine, request: ClaimRequest): Promise<Claimed | null> {
  try {
    return await engine.ledger.claim(request);
  } catch (cause) {
    engine.log.warn("effect not recorded", { cause });
    return null;
  }
}

async function settleQuietly(
  engine: Engine,
  claimed: Claimed | null,
  state: "done" | "declined" | "not-sent" | "in-doubt",
  answer: UpstreamAnswer | null,
): Promise<void> {
  if (claimed === null || claimed.kind !== "won") return;
  const { id, epoch, nonce } = claimed.record;
  const reason = answer === null ? "no answer came" : `the upstream answered ${answer.status}`;
  const recorded = answer === null ? {} : { answer: recordable(answer.status, answer.headers) };
  try {
    await engine.ledger.settle({ id, epoch, nonce }, { state, reason, ...recorded });
  } catch (cause) {
    engine.log.warn("effect not recorded", { operation: id, cause });
  }
}

async function deliveredQuietly(engine: Engine, claimed: Claimed | null): Promise<void> {
  if (claimed === null || claimed.kind !== "won") return;
  try {
    await engine.ledger.markDelivered(claimed.record.id);
  } catch (cause) {
    engine.log.warn("delivery not recorded", { operation: claimed.record.id, cause });
  }
}
