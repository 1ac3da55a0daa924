import { randomBytes } from "node:crypto";
import {
  argumentsText,
  joined,
  piecesOf,
  roughTokens,
  type Answer,
  type Json,
  type Piece,
  type Said,
} from "./answer.ts";
import type { Rendered } from "./chat-answer.ts";
import { itemEvents, type Event } from "./responses-events.ts";

// The Responses API, whole and streamed: https://platform.openai.com/docs/api-reference/responses

export interface RenderedResponse extends Rendered {
  readonly id: string;
  readonly output: readonly Json[];
}

function newId(kind: string): string {
  return `${kind}_${randomBytes(16).toString("hex")}`;
}

export function renderResponses(request: Json, answer: Answer): RenderedResponse {
  const id = newId("resp");
  const pieces = piecesOf(answer);
  const cut = answer.finish === "length";
  const output = pieces.map((piece, index) =>
    itemOf(piece, request, answer, cut && index === pieces.length - 1 ? "incomplete" : "completed"),
  );
  const shell = responseShell(id, request, answer);
  const done = {
    ...shell,
    ...endOf(answer),
    completed_at: cut ? null : shell["created_at"],
    output,
    usage: usageOf(request, answer, pieces),
  };
  const begun = { ...shell, status: "in_progress", output: [], usage: null };
  const events: Event[] = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...output.flatMap((item, index) => itemEvents(item, index, pieces[index])),
    { type: `response.${cut ? "incomplete" : "completed"}`, response: done },
  ];
  const frames = events.map(({ type, ...more }, number) => {
    const data = JSON.stringify({ type, sequence_number: number, ...more });
    return `event: ${type}\ndata: ${data}\n\n`;
  });
  if (answer.extras === true) frames.splice(1, 0, ": a comment of the provider\n\n");
  return { id, output, json: JSON.stringify(done), frames };
}

function responseShell(id: string, request: Json, answer: Answer): Json {
  return {
    id,
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    status: "completed",
    background: request["background"] === true,
    error: null,
    incomplete_details: null,
    instructions: request["instructions"] ?? null,
    max_output_tokens: request["max_output_tokens"] ?? null,
    model: String(request["model"]),
    parallel_tool_calls: request["parallel_tool_calls"] ?? true,
    previous_response_id: request["previous_response_id"] ?? null,
    reasoning: { effort: "medium", summary: null },
    store: request["store"] !== false,
    temperature: 1,
    text: { format: { type: "text" }, verbosity: "medium" },
    tool_choice: request["tool_choice"] ?? "auto",
    tools: request["tools"] ?? [],
    top_p: 1,
    truncation: "disabled",
    metadata: {},
    ...(answer.extras === true ? { future_field: { nested: [1.5, null] } } : {}),
  };
}

function endOf({ finish }: Said): Json {
  if (finish !== "length") return { status: "completed" };
  return { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
}

function itemOf(piece: Piece, request: Json, said: Said, status: string): Json {
  if ("block" in piece) return { id: newId("item"), ...piece.block };
  if ("redacted" in piece)
    return { id: newId("rs"), type: "reasoning", summary: [], encrypted_content: piece.redacted };
  if ("thinking" in piece) return reasoningItem(joined(piece.thinking), request);
  if ("text" in piece) {
    const text = joined(piece.text);
    const part =
      said.finish === "refusal"
        ? { type: "refusal", refusal: text }
        : { type: "output_text", text, annotations: [], logprobs: [] };
    return {
      id: newId("msg"),
      type: "message",
      status,
      role: "assistant",
      content: [part],
      phase: "final_answer",
    };
  }
  const { call } = piece;
  const callId = call.id ?? `call_${randomBytes(12).toString("hex")}`;
  const [namespace, ...inner] = call.name.split(".");
  const name = inner.length === 0 ? call.name : inner.join(".");
  const named = { name, ...(inner.length === 0 ? {} : { namespace }) };
  if (call.custom === true) {
    return {
      id: newId("ctc"),
      type: "custom_tool_call",
      status,
      call_id: callId,
      input: argumentsText(call),
      ...named,
    };
  }
  return {
    id: newId("fc"),
    type: "function_call",
    status,
    arguments: argumentsText(call),
    call_id: callId,
    ...named,
  };
}

/** Only what the client asks for leaves the provider; without storing it, it is lost otherwise. */
function reasoningItem(text: string, request: Json): Json {
  const include = Array.isArray(request["include"]) ? request["include"] : [];
  const sealed = `gAAAAAB${Buffer.from(text).toString("base64url")}`;
  return {
    id: newId("rs"),
    type: "reasoning",
    summary: [{ type: "summary_text", text }],
    ...(include.includes("reasoning.encrypted_content") ? { encrypted_content: sealed } : {}),
  };
}

function usageOf(request: Json, answer: Answer, pieces: readonly Piece[]): Json {
  const spoken = pieces.map((piece) => {
    if ("text" in piece) return joined(piece.text);
    if ("thinking" in piece) return joined(piece.thinking);
    return "call" in piece ? argumentsText(piece.call) : "";
  });
  const input = answer.usage?.input ?? roughTokens(JSON.stringify(request["input"] ?? ""));
  const output = answer.usage?.output ?? roughTokens(spoken.join(""));
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: answer.usage?.cacheRead ?? 0,
      cache_write_tokens: answer.usage?.cacheWrite ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: answer.usage?.reasoning ?? 0 },
    total_tokens: input + output,
  };
}

/** A response that was asked for in the background, before the model began. */
export function queued(json: string): string {
  const response = JSON.parse(json) as Json;
  return JSON.stringify({ ...response, status: "queued", completed_at: null, output: [], usage: null });
}
