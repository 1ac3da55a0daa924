import { buffer } from "node:stream/consumers";
import { LongstopError } from "../../exchange/error.ts";
import { decoded, unknownCoding } from "../content-coding.ts";
import { limited } from "../limited.ts";
import { answerError } from "../upstream.ts";
import { answerHeaders, headerOf, requestHeaders } from "../upstream-headers.ts";
import { sendJudged } from "./judge-tool.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/**
 * A call that only reads, of a tool that posts watch: nothing is recorded, and its answer goes to
 * the posts on results before it leaves. A client that goes away cancels it.
 */
export async function readTool(exchange: ToolExchange, body: Uint8Array): Promise<void> {
  const { engine, inbound, route, tool } = exchange;
  inbound.timing.dispatched();
  const answer = await engine.upstreams.send({
    target: tool,
    method: inbound.method,
    path: route.path + route.query,
    headers: requestHeaders(inbound.incoming.rawHeaders, "whole", true),
    body: body.byteLength === 0 ? null : body,
    signal: inbound.gone,
    headersMs: tool.timeoutMs,
  });
  inbound.timing.upstreamHeaders();
  const coding = headerOf(answer.headers, "content-encoding");
  if (unknownCoding(coding) !== undefined) {
    answer.body.destroy();
    throw new LongstopError(
      "upstream_encoding",
      `The tool ${tool.name} compressed its answer although identity was asked for.`,
    );
  }
  const { answerBytesMax } = engine.settings.limits;
  const tooLarge = (): LongstopError =>
    new LongstopError(
      "upstream_unreadable",
      `The answer is larger than ${answerBytesMax} bytes (limits.answerBytesMax).`,
    );
  let bytes: Uint8Array;
  try {
    bytes = await buffer(limited(decoded(answer.body, coding), answerBytesMax, tooLarge));
  } catch (cause) {
    throw answerError(cause, tool);
  }
  await sendJudged(exchange, answer.status, answerHeaders(answer.headers, "whole"), bytes);
}
