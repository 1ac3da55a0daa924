import { readFileSync } from "node:fs";
import type { Prompt } from "../../../src/exchange/prompt.ts";
import { readPrompt } from "../../../src/protocols/openai-responses/read-prompt.ts";
import { ResponseStreamReader } from "../../../src/protocols/openai-responses/stream-reader.ts";
import { frameOf, FrameSplitter, type Frame } from "../../../src/wire/sse.ts";

export type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- bodies of any shape

/** A recorded body: `tool-call.sse`, `requests/responses.json`. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/openai-responses/${name}`, import.meta.url), "utf8");
}

/** The smallest request with these items. */
export function promptOf(input: unknown, more: Json = {}): Prompt {
  return readPrompt(JSON.stringify({ model: "gpt-5.4", input, ...more }));
}

export function framesIn(stream: string): Frame[] {
  return new FrameSplitter({ frameBytesMax: 1024 * 1024 }).push(Buffer.from(stream));
}

/** One event, as small as it can be. */
export function eventFrameOf(type: string, more: Json = {}): Frame {
  return frameOf(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`);
}

export function readerOf(frames: readonly Frame[]): ResponseStreamReader {
  const reader = new ResponseStreamReader();
  for (const frame of frames) reader.read(frame);
  return reader;
}

export function textIn(frames: readonly (Uint8Array | null)[]): string {
  return Buffer.concat(frames.filter((frame) => frame !== null)).toString("utf8");
}

/** The data of each event, parsed. */
export function eventsIn(stream: string): Json[] {
  return framesIn(stream).flatMap(({ data }) =>
    data === undefined || data === "[DONE]" ? [] : [JSON.parse(data) as Json],
  );
}

/** A call and its result, as items of a history. */
export function callItem(id: string, more: Json = {}): Json {
  return { type: "function_call", call_id: id, name: "get_weather", arguments: '{"city":"Paris"}', ...more };
}

export function outputItem(id: string, output: unknown = "18 C"): Json {
  return { type: "function_call_output", call_id: id, output };
}

/** As a client writes it that indents, and adds members nobody knows. */
export const conversation = `{
  "model": "gpt-5.4-mini",  "x_vendor": [1.0, 12345678901234567890],
  "input": [
    {"role": "developer", "content": "You are terse."},
    {"role": "user", "content": "What is the weather in Paris and Tokyo?", "x_note": null},
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Ask first."}], "encrypted_content": "gAAAA\\u0042"},
    {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "phase": "final_answer",
      "content": [{"type": "output_text", "text": "Caf\\u00e9 or street?", "annotations": []}]},
    {"role": "user", "content": [{"type": "input_text", "text": "Street."}]},
    {"type": "reasoning", "id": "rs_2", "summary": []},
    {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather", "arguments": "{\\"city\\": \\"Paris\\"}", "status": "completed"},
    {"type": "function_call", "id": "fc_2", "call_id": "call_2", "name": "get_weather", "arguments": "{\\"city\\": \\"Tokyo\\"}"},
    {"type": "function_call_output", "call_id": "call_1", "output": "18 \\u00b0C"},
    {"type": "function_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "21 C"}]},
    {"type": "message", "role": "user", "content": "And now?"}
  ],
  "tools": [
    {"type": "function", "name": "get_weather", "parameters": {"type": "object", "required": ["city"]}, "strict": false},
    {"type": "function", "name": "get_time", "description": "Now", "strict": true}
  ],
  "tool_choice": "auto", "temperature": 1.0
}`;

export const bareConversation = '{"model":"gpt-5.4-mini","input":[ {"role":"user","content":"Hello"} ]}';
