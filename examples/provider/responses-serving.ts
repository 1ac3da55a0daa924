import { isObject, type Answer, type ScriptRequest } from "./answer.ts";
import type { Rendered } from "./chat-answer.ts";
import type { Delivery } from "./delivery.ts";
import { faultDelivery, requestId } from "./errors.ts";
import { queued, renderResponses } from "./responses-answer.ts";
import { conversationOf, inputOf, type KeptResponse, type KeptResponses } from "./responses-store.ts";

/** Renders an answer and keeps it, as far as the request wants it kept. */
export function renderKept({ parsed }: ScriptRequest, answer: Answer, kept: KeptResponses): Rendered {
  const { id, output, json, frames } = renderResponses(parsed, answer);
  const inBackground = parsed["background"] === true;
  const response: KeptResponse = {
    id,
    input: kept.givenTo(parsed),
    output,
    json,
    frames,
    stored: parsed["store"] !== false,
    pending: inBackground,
  };
  kept.keep(response, conversationOf(parsed), inputOf(parsed));
  return { json: inBackground ? queued(json) : json, frames };
}

/**
 * An answer that is fetched by its id, whole or as a stream, from behind the event that
 * `starting_after` names. One that was asked for in the background is under way when it is fetched
 * for the first time. Null for another path.
 */
export function fetchedResponse({ method, path }: ScriptRequest, kept: KeptResponses): Delivery | null {
  const url = new URL(path, "http://provider");
  const id = /\/responses\/([^/]+)$/.exec(url.pathname)?.[1];
  if (method !== "GET" || id === undefined) return null;
  const response = kept.stored(id);
  if (response === undefined) {
    const message = `Response with id '${id}' not found.`;
    return faultDelivery("openai-responses", { status: 404, message, type: "invalid_request_error" });
  }
  const headers = requestId("openai-responses");
  if (url.searchParams.get("stream") === "true") {
    const after = Number(url.searchParams.get("starting_after") ?? -1);
    const frames = response.frames
      .filter((frame) => numberOf(frame) > after)
      .map((frame) => Buffer.from(frame));
    return {
      status: 200,
      headers: { "content-type": "text/event-stream", ...headers },
      frames,
      streamed: true,
    };
  }
  const body = response.pending ? queued(response.json).replace('"queued"', '"in_progress"') : response.json;
  response.pending = false;
  return {
    status: 200,
    headers: { "content-type": "application/json", ...headers },
    frames: [Buffer.from(body)],
    streamed: false,
  };
}

function numberOf(frame: string): number {
  const line = frame.split("\n").find((one) => one.startsWith("data: "));
  const event: unknown = line === undefined ? undefined : JSON.parse(line.slice(6));
  return isObject(event) ? Number(event["sequence_number"]) : -1;
}
