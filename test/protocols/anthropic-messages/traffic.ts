import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Prompt } from "../../../src/exchange/prompt.ts";
import type { TurnCall } from "../../../src/exchange/turn.ts";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";
import { MessageStreamReader } from "../../../src/protocols/anthropic-messages/stream-reader.ts";
import { FrameSplitter } from "../../../src/wire/sse.ts";
import type { Frame } from "../../../src/wire/sse.ts";

const folder = new URL("../../fixtures/anthropic-messages/", import.meta.url);

/** A recorded body: `tool-call.sse`, `requests/messages.json`. */
export function fixture(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** As a client writes it that indents, moves cache breakpoints, and adds members nobody knows. */
export const conversation = `{
  "model": "claude-sonnet-5-5",  "max_tokens": 1024, "x_vendor": [1.0, 12345678901234567890],
  "system": [{"type": "text", "text": "You are terse.", "cache_control": {"type": "ephemeral"}}],
  "messages": [
    {"role": "user", "content": "What is the weather in Paris and Tokyo?", "x_note": null},
    {"role": "assistant", "content": [
      {"type": "thinking", "thinking": "Ask first.", "signature": "c2ln\\u003d"},
      {"type": "text", "text": "Caf\\u00e9 or street?", "citations": null}
    ]},
    {"role": "user", "content": [{"type": "text", "text": "Street."}]},
    {"role": "assistant", "content": [
      {"type": "redacted_thinking", "data": "ZGF0YQ=="},
      {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}},
      {"type": "tool_use", "id": "toolu_2", "name": "get_weather", "input": { "city": "Tokyo", "days": 2.50 }}
    ]},
    {"role": "user", "content": [
      {"type": "tool_result", "tool_use_id": "toolu_1", "content": "18 \\u00b0C"},
      {"type": "tool_result", "tool_use_id": "toolu_2", "content": [
        {"type": "text", "text": "21 C", "cache_control": {"type": "ephemeral"}}
      ]}
    ]},
    {"role": "user", "content": "And now?"}
  ],
  "tools": [
    {"name": "get_weather", "input_schema": {"type": "object", "required": ["city"]}},
    {"name": "get_time", "description": "Now", "input_schema": {"type": "object"}, "strict": true}
  ],
  "tool_choice": {"type": "auto"}
}`;

export const bareConversation =
  '{"model":"claude-sonnet-5-5","max_tokens":9,"messages":[ {"role":"user","content":"Hello"} ]}';

export function promptOf(request: unknown): Prompt {
  return readPrompt(JSON.stringify(request));
}

export function framesIn(stream: string): Frame[] {
  return new FrameSplitter({ frameBytesMax: 1024 * 1024 }).push(Buffer.from(stream));
}

export function textOf(pieces: readonly (Uint8Array | null)[]): string {
  return Buffer.concat(pieces.filter((piece) => piece !== null)).toString("utf8");
}

/** The data of the events in a stream, parsed. */
export function eventsIn(stream: string): Record<string, unknown>[] {
  return framesIn(stream).flatMap(({ data }) =>
    data === undefined ? [] : [JSON.parse(data) as Record<string, unknown>],
  );
}

/** A stream out of the data of its events, as the API frames it. */
export function streamOf(
  events: readonly { readonly type: string; readonly [field: string]: unknown }[],
): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

export function readerOf(stream: string): MessageStreamReader {
  const reader = new MessageStreamReader();
  for (const frame of framesIn(stream)) reader.read(frame);
  return reader;
}

export function callOf(argumentsText: string, call: Partial<TurnCall> = {}): TurnCall {
  const id = "toolu_1";
  return {
    id,
    name: "get_weather",
    kind: "function",
    argumentsText,
    choice: 0,
    position: 0,
    truncated: false,
    ...call,
  };
}

export interface Upstream {
  readonly url: string;
  /** The request bodies as they came, in order. */
  readonly bodies: string[];
  close(): Promise<void>;
}

export interface UpstreamAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A real server in the provider's place. */
export async function startUpstream(
  answer: (body: string, index: number) => UpstreamAnswer,
): Promise<Upstream> {
  const bodies: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const { status = 200, headers, body: text } = answer(body, bodies.push(body) - 1);
      const type =
        text.startsWith("event:") || text.startsWith(":") ? "text/event-stream" : "application/json";
      outgoing.writeHead(status, { "content-type": type, ...headers }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
