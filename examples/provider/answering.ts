import { readFileSync } from "node:fs";
import { checkAnthropic } from "./anthropic-request.ts";
import { renderAnthropic } from "./anthropic-answer.ts";
import {
  roughTokens,
  type Answer,
  type Fault,
  type Faults,
  type ProtocolName,
  type ScriptRequest,
} from "./answer.ts";
import { renderChat, type Rendered } from "./chat-answer.ts";
import { checkChat } from "./chat-request.ts";
import type { Delivery } from "./delivery.ts";
import { errorEvent, faultDelivery, requestId } from "./errors.ts";
import { fakeAnswer } from "./fake-model.ts";
import { renderGemini } from "./gemini-answer.ts";
import { checkGemini, geminiAddress } from "./gemini-request.ts";
import type { ProviderOptions, Stage } from "./provider.ts";
import { checkResponses } from "./responses-request.ts";
import { fetchedResponse, renderKept } from "./responses-serving.ts";
import type { KeptResponses } from "./responses-store.ts";
import { checkBinding } from "./thinking.ts";

interface Answering {
  readonly delivery: Delivery;
  readonly faults: Faults;
}

export function protocolOf(method: string, path: string): ProtocolName | null {
  const route = path.split("?")[0] ?? "";
  if (method !== "POST") return null;
  if (route.endsWith("/chat/completions")) return "openai-chat";
  if (route.endsWith("/responses")) return "openai-responses";
  if (geminiAddress(path) !== null) return "gemini";
  return route.endsWith("/v1/messages") ? "anthropic-messages" : null;
}

/** Checks the request as a strict provider does; only what passes takes an answer from the script. */
export async function answerRequest(
  request: ScriptRequest,
  stage: Stage,
  options: ProviderOptions,
): Promise<Answering> {
  const { protocol } = request;
  if (protocol === null) return otherPath(request, stage);
  const fault = check(request, protocol, options, stage.kept);
  if (fault !== null) return { delivery: faultDelivery(protocol, fault), faults: {} };
  const answer = await nextAnswer(request, protocol, stage);
  return { delivery: deliveryOf(request, protocol, answer, stage.kept), faults: answer };
}

async function nextAnswer(request: ScriptRequest, protocol: ProtocolName, stage: Stage): Promise<Answer> {
  if (stage.script === undefined) return fakeAnswer(protocol, request.parsed);
  if (typeof stage.script === "function") return stage.script(request);
  const answer = stage.script[stage.next];
  if (answer === undefined)
    throw new Error(`it has ${stage.script.length} answers, and this request wants one more`);
  stage.next += 1;
  return answer;
}

/** Paths that are no model's: a function may answer them, a list does not. */
async function otherPath(request: ScriptRequest, stage: Stage): Promise<Answering> {
  const route = request.path.split("?")[0] ?? "";
  const fetched = fetchedResponse(request, stage.kept);
  if (fetched !== null) return { delivery: fetched, faults: {} };
  if (typeof stage.script === "function") {
    const answer = await stage.script(request);
    return { delivery: deliveryOf(request, "openai-chat", answer, stage.kept), faults: answer };
  }
  if (request.method === "POST" && route.endsWith("/messages/count_tokens")) {
    return { delivery: json({ input_tokens: roughTokens(request.body) }), faults: {} };
  }
  if (request.method === "GET" && route.endsWith("/models")) {
    const models = ["gpt-5.4-mini", "claude-sonnet-5-5"].map((id) => ({
      id,
      object: "model",
      created: 0,
      type: "model",
    }));
    return { delivery: json({ object: "list", data: models, has_more: false }), faults: {} };
  }
  const message = `Invalid URL (${request.method} ${route})`;
  return {
    delivery: faultDelivery("openai-chat", { status: 404, message, type: "invalid_request_error" }),
    faults: {},
  };
}

function json(value: unknown): Delivery {
  const frames = [Buffer.from(JSON.stringify(value))];
  return { status: 200, headers: { "content-type": "application/json" }, frames, streamed: false };
}

function check(
  request: ScriptRequest,
  protocol: ProtocolName,
  options: ProviderOptions,
  kept: KeptResponses,
): Fault | null {
  const credentials = ["authorization", "x-api-key", "x-goog-api-key"].map((name) => request.headers[name]);
  if (
    options.apiKey !== undefined &&
    !credentials.some((one) => one?.replace("Bearer ", "") === options.apiKey)
  ) {
    return {
      status: 401,
      type: "authentication_error",
      code: "invalid_api_key",
      message: "Incorrect API key provided.",
    };
  }
  const position = jsonFault(request.body);
  if (protocol === "gemini") {
    if (position === null) return checkGemini(request);
    return { status: 400, type: "INVALID_ARGUMENT", message: `Invalid JSON payload received. ${position}` };
  }
  if (protocol !== "anthropic-messages") {
    if (position === null) {
      return protocol === "openai-chat" ? checkChat(request.parsed) : checkResponses(request.parsed, kept);
    }
    return {
      status: 400,
      type: "invalid_request_error",
      message: "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload.",
    };
  }
  if (position !== null) {
    return {
      status: 400,
      type: "invalid_request_error",
      message: `The request body is not valid JSON: ${position}`,
    };
  }
  const fault = checkAnthropic(request.parsed, request.headers);
  if (fault !== null || options.bindThinking !== true) return fault;
  return checkPrefill(request) ?? checkBinding(request.parsed, request.headers["anthropic-beta"] ?? "").fault;
}

function jsonFault(body: string): string | null {
  try {
    JSON.parse(body);
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** The models that bind thinking are also those that no longer continue a half answer. */
function checkPrefill(request: ScriptRequest): Fault | null {
  const messages = request.parsed["messages"];
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  if ((last as { role?: unknown } | undefined)?.role !== "assistant") return null;
  return {
    status: 400,
    type: "invalid_request_error",
    message:
      "This model does not support assistant message prefill. The conversation must end with a user message.",
  };
}

function deliveryOf(
  request: ScriptRequest,
  protocol: ProtocolName,
  answer: Answer,
  kept: KeptResponses,
): Delivery {
  if (answer.error !== undefined) return faultDelivery(protocol, errorOf(answer), answer.headers);
  const status = answer.status ?? 200;
  if (answer.body !== undefined) {
    return { status, headers: { ...answer.headers }, frames: [Buffer.from(answer.body)], streamed: false };
  }
  const asked =
    protocol === "gemini"
      ? geminiAddress(request.path)?.form === "events"
      : request.parsed["stream"] === true;
  const file = answer.fixture === undefined ? undefined : fixturePath(answer.fixture, asked);
  const streamed = file === undefined ? asked : file.endsWith(".sse");
  const frames =
    file === undefined ? rendered(render(request, protocol, answer, kept), streamed) : framesOf(file);
  const failing = answer.errorAfterEvents;
  const shown =
    failing === undefined ? frames : [...frames.slice(0, failing), Buffer.from(errorEvent(protocol))];
  const type = streamed ? "text/event-stream; charset=utf-8" : "application/json";
  return {
    status,
    headers: { "content-type": type, ...requestId(protocol), ...answer.headers },
    frames: streamed ? shown : [Buffer.concat(frames)],
    streamed,
  };
}

function rendered(result: Rendered, streamed: boolean): readonly Buffer[] {
  return (streamed ? result.frames : [result.json]).map((frame) => Buffer.from(frame));
}

function render(
  request: ScriptRequest,
  protocol: ProtocolName,
  answer: Answer,
  kept: KeptResponses,
): Rendered {
  if (protocol === "openai-chat") return renderChat(request.parsed, answer);
  if (protocol === "openai-responses") return renderKept(request, answer, kept);
  if (protocol === "gemini") return renderGemini(request, answer);
  const { prefix, dropped } = checkBinding(request.parsed, request.headers["anthropic-beta"] ?? "");
  return renderAnthropic(request.parsed, answer, prefix, dropped);
}

function fixturePath(name: string, streamed: boolean): string {
  return /\.(sse|json)$/.test(name) ? name : `${name}.${streamed ? "sse" : "json"}`;
}

/** The bytes of the file; those of a stream in events, so that delays and cuts can fall between them. */
function framesOf(file: string): readonly Buffer[] {
  const bytes = readFileSync(file);
  const frames: Buffer[] = [];
  const blank = bytes.includes("\r\n\r\n") ? "\r\n\r\n" : "\n\n";
  let from = 0;
  for (let at = bytes.indexOf(blank); at !== -1; at = bytes.indexOf(blank, from)) {
    frames.push(bytes.subarray(from, at + blank.length));
    from = at + blank.length;
  }
  return [...frames, ...(from < bytes.length ? [bytes.subarray(from)] : [])];
}

function errorOf(answer: Answer): Fault {
  const { status = 500, message, type, code, retryAfterSeconds } = answer.error ?? {};
  return {
    status,
    message: message ?? "The server had an error while processing your request. Sorry about that!",
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
