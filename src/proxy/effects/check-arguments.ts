import { LongstopError } from "../../exchange/error.ts";
import { readDecoded } from "../request-body.ts";
import type { ArgumentsVerdict } from "../settings.ts";
import { pairs, requestHeaders } from "../upstream-headers.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/**
 * Holds a call against what the tool's API takes, before anything is written or sent. Gives the body
 * where it had to be read, else null. Throws what the caller is told of a call that does not fit.
 */
export async function checkArguments({ engine, inbound, route, tool }: ToolExchange): Promise<Buffer | null> {
  const checked = tool.arguments;
  if (checked === undefined) return null;
  const body = inbound.hasBody ? await readDecoded(inbound, engine.settings.limits.requestBytesMax) : null;
  const verdict = await checked.check({
    method: inbound.method,
    path: tool.basePath + route.path,
    query: route.query,
    headers: pairs(requestHeaders(inbound.incoming.rawHeaders, "as-it-came", false)),
    body: body ?? new Uint8Array(),
  });
  if (verdict.kind !== "unchecked" && verdict.notes.length > 0) {
    const sentence = `Calls of ${tool.name} are not checked in full. ${verdict.notes.join(" ")}`;
    engine.report(`arguments of ${tool.name}`, sentence);
  }
  if (verdict.kind === "fits") return body;
  if (checked.mode === "enforce") throw refusal(verdict, tool.name);
  const said = verdict.kind === "unchecked" ? { why: verdict.why } : { faults: verdict.faults };
  engine.log.warn("arguments would be refused", { exchange: inbound.id, tool: tool.name, ...said });
  return body;
}

function refusal(verdict: Exclude<ArgumentsVerdict, { kind: "fits" }>, tool: string): LongstopError {
  if (verdict.kind === "unchecked") {
    const sentence = `The call of ${tool} could not be checked, and nothing was sent: ${verdict.why}.`;
    return new LongstopError("arguments_unchecked", sentence);
  }
  const code = verdict.kind === "faulty" ? "arguments_invalid" : "operation_unknown";
  const { faults, more, toModel } = verdict;
  return new LongstopError(code, toModel, { detail: { faults, ...(more === 0 ? {} : { more }) } });
}
