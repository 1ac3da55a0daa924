import { randomBytes } from "node:crypto";
import {
  argumentsText,
  fragments,
  isObject,
  joined,
  piecesOf,
  roughTokens,
  type Answer,
  type Json,
  type Piece,
  type ScriptedCall,
} from "./answer.ts";
import type { Rendered } from "./chat-answer.ts";
import { seal, sign, type Dropped, type Prefix } from "./thinking.ts";

// The Messages API, whole and streamed: https://platform.claude.com/docs/en/api/messages-streaming

const finishWords: Readonly<Record<string, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  calls: "tool_use",
};

/** A content block: as the whole answer has it, as a stream opens it, and what comes between. */
interface Block {
  readonly whole: Json;
  /** Arguments exactly as the script has them: duplicate names and odd numbers survive. */
  readonly inputText?: string;
  readonly opening: Json;
  readonly deltas: readonly Json[];
}

export function renderAnthropic(
  request: Json,
  answer: Answer,
  prefix: Prefix,
  dropped: readonly Dropped[],
): Rendered {
  const blocks = piecesOf(answer).map((piece) => blockOf(piece, prefix));
  const finish =
    answer.finish ?? (blocks.some((block) => block.whole["type"] === "tool_use") ? "calls" : "stop");
  const ending = {
    stop_reason: finishWords[finish] ?? finish,
    stop_sequence: null,
    stop_details: finish === "refusal" ? { type: "refusal", category: null, explanation: null } : null,
    container: null,
  };
  const message = {
    id: `msg_${randomBytes(12).toString("hex")}`,
    type: "message",
    role: "assistant",
    model: String(request["model"]),
    content: [] as Json[],
    ...(dropped.length > 0 ? { input_transformations: dropped } : {}),
    ...(answer.extras === true ? { future_field: { nested: [1.5, null] } } : {}),
  };
  const usage = usageOf(request, answer, blocks);
  return {
    json: wholeText({ ...message, ...ending, usage }, blocks),
    frames: streamed(
      { ...message, ...ending, stop_reason: null, stop_details: null, usage: { ...usage, output_tokens: 1 } },
      blocks,
      { delta: ending, usage },
      answer,
    ),
  };
}

function blockOf(piece: Piece, prefix: Prefix): Block {
  if ("text" in piece) {
    const whole = { type: "text", text: joined(piece.text) };
    prefix.add(whole);
    const deltas = fragments(piece.text).map((text) => ({ type: "text_delta", text }));
    return { whole, opening: { type: "text", text: "" }, deltas };
  }
  if ("thinking" in piece) return thinkingBlock(piece.thinking, prefix);
  if ("call" in piece) return callBlock(piece.call, prefix);
  const whole =
    "redacted" in piece
      ? { type: "redacted_thinking", data: seal(prefix.inTurn, piece.redacted) }
      : { ...piece.block };
  prefix.add(whole);
  return { whole, opening: whole, deltas: [] };
}

function thinkingBlock(text: string | readonly string[], prefix: Prefix): Block {
  const signature = sign(prefix.inTurn, joined(text));
  const whole = { type: "thinking", thinking: joined(text), signature };
  prefix.add(whole);
  const deltas = fragments(text).map((thinking) => ({ type: "thinking_delta", thinking }));
  return {
    whole,
    opening: { type: "thinking", thinking: "", signature: "" },
    deltas: [...deltas, { type: "signature_delta", signature }],
  };
}

/** A whole answer can only hold JSON, so broken arguments arrive wrapped; a stream shows them as they are. */
function callBlock(call: ScriptedCall, prefix: Prefix): Block {
  const raw = argumentsText(call);
  const input = parsedInput(raw);
  const opening = {
    type: "tool_use",
    id: call.id ?? `toolu_${randomBytes(12).toString("hex")}`,
    name: call.name,
    input: {},
    caller: { type: "direct" },
  };
  const whole = { ...opening, input: input ?? { INVALID_JSON: raw } };
  prefix.add(whole);
  const deltas = ["", ...fragments(raw)].map((text) => ({ type: "input_json_delta", partial_json: text }));
  return { whole, opening, deltas, ...(input === undefined ? {} : { inputText: raw }) };
}

function parsedInput(raw: string): Json | undefined {
  try {
    const input: unknown = JSON.parse(raw);
    return isObject(input) ? input : undefined;
  } catch {
    return undefined;
  }
}

function wholeText(message: Json, blocks: readonly Block[]): string {
  const slots = new Map<string, string>();
  const content = blocks.map((block) => {
    if (block.inputText === undefined) return block.whole;
    const slot = `slot-${randomBytes(8).toString("hex")}`;
    slots.set(`"${slot}"`, block.inputText);
    return { ...block.whole, input: slot };
  });
  const text = JSON.stringify({ ...message, content });
  return text.replaceAll(/"slot-[0-9a-f]{16}"/g, (slot) => slots.get(slot) ?? slot);
}

function frame(type: string, more: Json = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
}

function streamed(start: Json, blocks: readonly Block[], end: Json, answer: Answer): string[] {
  const frames = [frame("message_start", { message: start })];
  for (const [index, block] of blocks.entries()) {
    frames.push(frame("content_block_start", { index, content_block: block.opening }));
    if (index === 0) frames.push(frame("ping"));
    for (const delta of block.deltas) frames.push(frame("content_block_delta", { index, delta }));
    frames.push(frame("content_block_stop", { index }));
  }
  if (answer.extras === true) frames.splice(1, 0, ": a comment of the provider\n\n");
  if (answer.extraEvents === true)
    frames.splice(1, 0, frame("future_event", { note: "unknown to every client" }));
  return [...frames, frame("message_delta", end), frame("message_stop")];
}

function usageOf(request: Json, answer: Answer, blocks: readonly Block[]): Json {
  const { input, output, cacheRead, cacheWrite, reasoning } = answer.usage ?? {};
  return {
    input_tokens: input ?? roughTokens(JSON.stringify([request["system"], request["messages"]])),
    cache_creation_input_tokens: cacheWrite ?? 0,
    cache_read_input_tokens: cacheRead ?? 0,
    output_tokens: output ?? roughTokens(blocks.map((block) => JSON.stringify(block.whole)).join("")),
    ...(reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoning } }),
    service_tier: "standard",
  };
}
