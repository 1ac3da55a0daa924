import { readFileSync } from "node:fs";
import type { Prompt } from "../../../src/exchange/prompt.ts";
import { readPrompt } from "../../../src/protocols/openai-chat/read-prompt.ts";
import { frameOf, FrameSplitter, type Frame } from "../../../src/wire/sse.ts";

/** A recorded body: `tool-call.sse`, `requests/agent.json`. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/openai-chat/${name}`, import.meta.url), "utf8");
}

export function promptOf(...messages: readonly unknown[]): Prompt {
  return readPrompt(JSON.stringify({ model: "gpt-5.4", messages }));
}

export function framesIn(stream: string): Frame[] {
  return new FrameSplitter({ frameBytesMax: 1024 * 1024 }).push(Buffer.from(stream));
}

/** One chunk with one choice, as small as it can be. */
export function chunkFrame(delta: unknown, more: Readonly<Record<string, unknown>> = {}): Frame {
  const { finish_reason = null, index = 0, ...rest } = more;
  const chunk = { id: "c1", created: 1, model: "m", choices: [{ index, delta, finish_reason }], ...rest };
  return frameOf(`data: ${JSON.stringify(chunk)}\n\n`);
}

export const doneFrame: Frame = frameOf("data: [DONE]\n\n");

/** A fragment of a call in a chunk. */
export function fragment(index: number, text: string, opening: { id?: string; name?: string } = {}): unknown {
  const { id, name } = opening;
  return {
    index,
    ...(id !== undefined && { id, type: "function" }),
    function: { ...(name !== undefined && { name }), arguments: text },
  };
}

export function textIn(frames: readonly (Uint8Array | null)[]): string {
  return Buffer.concat(frames.filter((frame) => frame !== null)).toString("utf8");
}

/** The data of each event, parsed, and `[DONE]` as it is. */
export function eventsIn(stream: string): unknown[] {
  return framesIn(stream).flatMap(({ data }) => {
    if (data === undefined) return [];
    return [data === "[DONE]" ? data : (JSON.parse(data) as unknown)];
  });
}

/** As a client writes it that indents, and adds members nobody knows. */
export const conversation = `{
  "model": "gpt-5.4-mini",  "x_vendor": [1.0, 12345678901234567890],
  "messages": [
    {"role": "system", "content": "You are terse."},
    {"role": "user", "content": "What is the weather in Paris and Tokyo?", "x_note": null},
    {"role": "assistant", "content": "Caf\\u00e9 or street?", "reasoning_content": "Ask first."},
    {"role": "user", "content": [{"type": "text", "text": "Street."}]},
    {"role": "assistant", "content": null, "tool_calls": [
      {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\\"city\\": \\"Paris\\"}"}},
      {"id": "call_2", "type": "function", "function": {"name": "get_weather", "arguments": "{\\"city\\": \\"Tokyo\\"}"}}
    ]},
    {"role": "tool", "tool_call_id": "call_1", "content": "18 \\u00b0C"},
    {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "21 C"}]},
    {"role": "user", "content": "And now?"}
  ],
  "tools": [
    {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "required": ["city"]}}},
    {"type": "function", "function": {"name": "get_time", "description": "Now", "strict": true}}
  ],
  "tool_choice": "auto", "temperature": 1.0
}`;

export const bareConversation = '{"model":"gpt-5.4-mini","messages":[ {"role":"user","content":"Hello"} ]}';
