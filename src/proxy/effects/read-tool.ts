import { wholeAnswerBody } from "../answer-body.ts";
import { answerHeaders, requestHeaders } from "../upstream-headers.ts";
import { sendJudged } from "./judge-tool.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/**
 * A call that only reads, of a tool that posts watch: nothing is recorded, and its answer goes to
 * the posts on results before it leaves. A client that goes away cancels it.
 */
export async function readTool(exchange: ToolExchange, body: Uint8Array): Promise<void> {
  const { engine, inbound, route, tool, terms } = exchange;
  inbound.timing.dispatched();
  const answer = await engine.upstreams.send({
    target: tool,
    method: inbound.method,
    path: route.path + route.query,
    headers: requestHeaders(inbound.incoming.rawHeaders, "whole", true),
    body: body.byteLength === 0 ? null : body,
    signal: inbound.gone,
    headersMs: terms.timeoutMs,
  });
  inbound.timing.upstreamHeaders();
  const bytes = await wholeAnswerBody(answer, tool, engine.settings.limits.answerBytesMax);
  await sendJudged(exchange, answer.status, answerHeaders(answer.headers, "whole"), bytes);
}
