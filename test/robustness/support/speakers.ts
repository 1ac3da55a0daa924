import { errorStatus, type ErrorCode } from "../../../src/exchange/error.ts";

/** One protocol as a client without an SDK speaks it, and one small stream with text and a call. */
export interface Speaker {
  readonly name: "openai-chat" | "openai-responses" | "anthropic-messages" | "gemini";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of a request that offers `get_weather` and asks for a stream. */
  body(text: string): string;
  /** The same where the answer is to be one JSON document: where it is sent, and its body. */
  readonly wholePath: string;
  wholeBody(text: string): string;
  /** A whole answer with the call. */
  readonly whole: string;
  /** A stream that says text, then calls `get_weather` for Paris. */
  readonly frames: readonly string[];
  /** The frame behind which the protocol calls the turn whole; none before it. */
  readonly terminal: number;
  /** Where a frame of `frames` with text, and the first one with a call, stand. */
  readonly textFrame: number;
  readonly callFrame: number;
  /** The protocol's own error inside a stream. */
  readonly errorEvent: RegExp;
}

const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const json = { "content-type": "application/json" };

function lines(...events: readonly object[]): string[] {
  return events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
}

function named(...events: readonly { readonly type: string }[]): string[] {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function chunk(delta: object, finish: string | null = null): object {
  return { id: "c1", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] };
}

const chatCall = { name: "get_weather", arguments: '{"city":"Paris"}' };
const chatRequest = (text: string, stream: boolean): string =>
  JSON.stringify({
    model: "m",
    stream,
    messages: [{ role: "user", content: text }],
    tools: [{ type: "function", function: { name: "get_weather", parameters: schema } }],
  });

const chat: Speaker = {
  name: "openai-chat",
  path: "/v1/chat/completions",
  headers: { authorization: "Bearer sk-test", ...json },
  body: (text) => chatRequest(text, true),
  wholePath: "/v1/chat/completions",
  wholeBody: (text) => chatRequest(text, false),
  whole: JSON.stringify({
    id: "c1",
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: "Let me see.",
          tool_calls: [{ id: "call_1", type: "function", function: chatCall }],
        },
        finish_reason: "tool_calls",
      },
    ],
  }),
  frames: [
    ...lines(
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "Let me see." }),
      chunk({
        tool_calls: [
          { index: 0, id: "call_1", type: "function", function: { name: "get_weather", arguments: "" } },
        ],
      }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] }),
      chunk({}, "tool_calls"),
    ),
    "data: [DONE]\n\n",
  ],
  // Compatible servers leave `[DONE]` out.
  terminal: 5,
  textFrame: 1,
  callFrame: 2,
  errorEvent: /^data: \{"error":/m,
};

const item = { id: "fc_1", type: "function_call", call_id: "call_1", name: "get_weather" };
const text = { type: "output_text", annotations: [], text: "Let me see." };
const said = { id: "msg_1", type: "message", role: "assistant", content: [text] };
const called = { ...item, status: "completed", arguments: '{"city":"Paris"}' };
const response = (status: string, output: readonly object[]): object => ({
  id: "resp_1",
  object: "response",
  status,
  model: "m",
  output,
});
const responsesRequest = (words: string, stream: boolean): string =>
  JSON.stringify({
    model: "m",
    stream,
    input: [{ role: "user", content: words }],
    tools: [{ type: "function", name: "get_weather", parameters: schema }],
  });

const responses: Speaker = {
  name: "openai-responses",
  path: "/v1/responses",
  headers: { authorization: "Bearer sk-test", ...json },
  body: (words) => responsesRequest(words, true),
  wholePath: "/v1/responses",
  wholeBody: (words) => responsesRequest(words, false),
  whole: JSON.stringify(response("completed", [said, called])),
  frames: named(
    { type: "response.created", response: response("in_progress", []) } as { type: string },
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...said, content: [] },
    } as { type: string },
    {
      type: "response.content_part.added",
      item_id: "msg_1",
      output_index: 0,
      content_index: 0,
      part: { ...text, text: "" },
    } as { type: string },
    {
      type: "response.output_text.delta",
      item_id: "msg_1",
      output_index: 0,
      content_index: 0,
      delta: "Let me see.",
    } as { type: string },
    { type: "response.output_item.done", output_index: 0, item: said } as { type: string },
    {
      type: "response.output_item.added",
      output_index: 1,
      item: { ...item, arguments: "" },
    } as { type: string },
    {
      type: "response.function_call_arguments.delta",
      item_id: "fc_1",
      output_index: 1,
      delta: '{"city":"Paris"}',
    } as { type: string },
    {
      type: "response.function_call_arguments.done",
      item_id: "fc_1",
      output_index: 1,
      arguments: '{"city":"Paris"}',
    } as { type: string },
    { type: "response.output_item.done", output_index: 1, item: called } as { type: string },
    { type: "response.completed", response: response("completed", [said, called]) } as { type: string },
  ),
  terminal: 9,
  textFrame: 3,
  callFrame: 5,
  errorEvent: /^event: error\ndata: \{"type":"error"/m,
};

const toolUse = { type: "tool_use", id: "toolu_1", name: "get_weather" };
const messagesRequest = (words: string, stream: boolean): string =>
  JSON.stringify({
    model: "m",
    max_tokens: 100,
    stream,
    messages: [{ role: "user", content: words }],
    tools: [{ name: "get_weather", input_schema: schema }],
  });

const messages: Speaker = {
  name: "anthropic-messages",
  path: "/v1/messages",
  headers: { "x-api-key": "sk-ant-test", "anthropic-version": "2023-06-01", ...json },
  body: (words) => messagesRequest(words, true),
  wholePath: "/v1/messages",
  wholeBody: (words) => messagesRequest(words, false),
  whole: JSON.stringify({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [
      { type: "text", text: "Let me see." },
      { ...toolUse, input: { city: "Paris" } },
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 1, output_tokens: 1 },
  }),
  frames: named(
    {
      type: "message_start",
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "m",
        content: [],
        stop_reason: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    } as { type: string },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as { type: string },
    {
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: "Let me see." },
    } as { type: string },
    { type: "content_block_stop", index: 0 } as { type: string },
    { type: "content_block_start", index: 1, content_block: { ...toolUse, input: {} } } as { type: string },
    {
      type: "content_block_delta",
      index: 1,
      delta: { type: "input_json_delta", partial_json: '{"city":"Paris"}' },
    } as { type: string },
    { type: "content_block_stop", index: 1 } as { type: string },
    {
      type: "message_delta",
      delta: { stop_reason: "tool_use", stop_sequence: null },
      usage: { output_tokens: 9 },
    } as { type: string },
    { type: "message_stop" },
  ),
  terminal: 8,
  textFrame: 2,
  callFrame: 4,
  errorEvent: /^event: error\ndata: \{"type":"error"/m,
};

const candidate = (part: object, finish?: string): object => ({
  candidates: [
    {
      content: { role: "model", parts: [part] },
      index: 0,
      ...(finish === undefined ? {} : { finishReason: finish }),
    },
  ],
});
const geminiCall = { functionCall: { name: "get_weather", args: { city: "Paris" } } };
const geminiRequest = (words: string): string =>
  JSON.stringify({
    contents: [{ role: "user", parts: [{ text: words }] }],
    tools: [{ functionDeclarations: [{ name: "get_weather", parametersJsonSchema: schema }] }],
  });

const gemini: Speaker = {
  name: "gemini",
  path: "/v1beta/models/m:streamGenerateContent?alt=sse",
  headers: { "x-goog-api-key": "test", ...json },
  body: geminiRequest,
  wholePath: "/v1beta/models/m:generateContent",
  wholeBody: geminiRequest,
  whole: JSON.stringify(candidate(geminiCall, "STOP")),
  frames: lines(candidate({ text: "Let me see." }), candidate(geminiCall), candidate({ text: "" }, "STOP")),
  terminal: 2,
  textFrame: 0,
  callFrame: 1,
  errorEvent: /^data: \{"error":\{"code":\d+/m,
};

export const speakers: readonly Speaker[] = [chat, responses, messages, gemini];

/** The stream of a speaker as bytes, and up to where the turn is surely not whole. */
export function streamOf({ frames, terminal }: Speaker): {
  readonly bytes: Buffer;
  readonly wholeFrom: number;
} {
  const before = Buffer.byteLength(frames.slice(0, terminal + 1).join(""));
  // Without its blank line the last frame is read all the same, as some servers leave that out.
  return { bytes: Buffer.from(frames.join("")), wholeFrom: before - 2 };
}

const codes = new RegExp(`"(${Object.keys(errorStatus).join("|")})"`);

/** Our code in an error of any protocol, whole or inside a stream; null where there is none. */
export function codeIn(body: string): ErrorCode | null {
  return (codes.exec(body)?.[1] as ErrorCode | undefined) ?? null;
}
