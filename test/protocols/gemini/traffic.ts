import { readFileSync } from "node:fs";
import type { Prompt } from "../../../src/exchange/prompt.ts";
import type { TurnCall } from "../../../src/exchange/turn.ts";
import { readPrompt } from "../../../src/protocols/gemini/read-prompt.ts";
import { frameOf, FrameSplitter, type Frame } from "../../../src/wire/sse.ts";

export const path = "/v1beta/models/gemini-3-flash:generateContent";

/** A recorded body: `tool-call.sse`, `requests/agent.json`. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/gemini/${name}`, import.meta.url), "utf8");
}

export function promptOf(...contents: readonly unknown[]): Prompt {
  return readPrompt(JSON.stringify({ contents }), path);
}

export function framesIn(stream: string): Frame[] {
  return new FrameSplitter({ frameBytesMax: 1024 * 1024 }).push(Buffer.from(stream));
}

/** One chunk with one candidate, as small as it can be. */
export function chunkFrame(parts: readonly unknown[], more: Readonly<Record<string, unknown>> = {}): Frame {
  const { finishReason, index = 0, ...rest } = more;
  const content = { parts, role: "model" };
  const candidate = { content, ...(finishReason !== undefined && { finishReason }), index };
  return frameOf(`data: ${JSON.stringify({ candidates: [candidate], responseId: "r1", ...rest })}\r\n\r\n`);
}

export function textIn(frames: readonly (Uint8Array | null)[]): string {
  return Buffer.concat(frames.filter((frame) => frame !== null)).toString("utf8");
}

/** The data of each event, parsed. */
export function eventsIn(stream: string): Record<string, unknown>[] {
  return framesIn(stream).flatMap(({ data }) =>
    data === undefined ? [] : [JSON.parse(data) as Record<string, unknown>],
  );
}

export function callOf(argumentsText: string, call: Partial<TurnCall> = {}): TurnCall {
  const place = { choice: 0, position: 0, truncated: false };
  return { id: "fn_1", name: "get_weather", kind: "function", argumentsText, ...place, ...call };
}

/** As a client writes it that indents, mixes spellings, and adds members nobody knows. */
export const conversation = `{
  "systemInstruction": {"parts": [{"text": "You are terse."}], "role": "user"},  "x_vendor": [1.0, 12345678901234567890],
  "contents": [
    {"role": "user", "parts": [{"text": "What is the weather in Paris and Tokyo?"}], "x_note": null},
    {"role": "model", "parts": [
      {"text": "Ask first.", "thought": true},
      {"text": "Caf\\u00e9 or street?", "thoughtSignature": "c2ln\\u003d"}
    ]},
    {"parts": {"text": "Street."}},
    {"role": "model", "parts": [
      {"functionCall": {"id": "fn_1", "name": "get_weather", "args": {"city": "Paris"}}, "thoughtSignature": "c2lnMg=="},
      {"functionCall": {"id": "fn_2", "name": "get_weather", "args": { "city": "Tokyo", "days": 2.50 }}}
    ]},
    {"role": "user", "parts": [
      {"functionResponse": {"id": "fn_1", "name": "get_weather", "response": {"output": "18 \\u00b0C"}}},
      {"functionResponse": {"id": "fn_2", "name": "get_weather", "response": {"sky": ["clear"], "celsius": 21}}}
    ]},
    {"role": "user", "parts": [{"text": "And now?"}]}
  ],
  "tools": [
    {"functionDeclarations": [
      {"name": "get_weather", "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}},
      {"name": "get_time", "description": "Now", "parametersJsonSchema": {"type": "object"}}
    ]}
  ],
  "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}
}`;

/** The same, where the model may call these functions only. */
export function choosing(names: readonly string[]): string {
  const config = { mode: "ANY", allowedFunctionNames: names };
  return conversation.replace('{"mode": "AUTO"}', JSON.stringify(config));
}

export const bareConversation = '{"contents":[ {"role":"user","parts":[{"text":"Hello"}]} ]}';
