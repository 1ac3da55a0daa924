import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/protocols/anthropic-messages/answer.ts";
import { wholeOf } from "../../../src/protocols/anthropic-messages/whole-of-stream.ts";
import { startProvider, stream } from "../../conformance/protocol/provider.ts";
import { fixture, readerOf, streamOf } from "./traffic.ts";
import type { Json } from "./whole-answers.ts";

type Event = { readonly type: string; readonly [field: string]: unknown };

const opening: Event = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    context_management: null,
    usage: { input_tokens: 9, cache_read_input_tokens: 4, output_tokens: 1, service_tier: "standard" },
  },
};

const end: Event = {
  type: "message_delta",
  delta: { stop_reason: "end_turn", stop_sequence: null, stop_details: null, container: null },
  usage: { output_tokens: 7 },
};

const stop: Event = { type: "message_stop" };

const start = (block: unknown, index = 0): Event => ({
  type: "content_block_start",
  index,
  content_block: block,
});
const delta = (piece: unknown, index = 0): Event => ({ type: "content_block_delta", index, delta: piece });
const close = (index = 0): Event => ({ type: "content_block_stop", index });
const text = [start({ type: "text", text: "" }), delta({ type: "text_delta", text: "So" }), close()];

function messageOf(...events: readonly Event[]): Json | null {
  const whole = wholeOf(streamOf([opening, ...events]));
  return whole === null ? null : (JSON.parse(whole) as Json);
}

/** The message as Anthropic's SDK puts it together. */
async function sdkMessage(sse: string): Promise<Json> {
  await using provider = await startProvider(stream(sse));
  const client = new Anthropic({ baseURL: provider.url, apiKey: "k", maxRetries: 0 });
  const asked = { model: "m", max_tokens: 9, messages: [{ role: "user" as const, content: "?" }] };
  const message: object = await client.beta.messages.stream(asked).finalMessage();
  const { parsed_output: _parsed, ...rest } = message as Json;
  return JSON.parse(JSON.stringify(rest)) as Json;
}

const ended = [
  "text.sse",
  "usage.sse",
  "thinking-and-tool-call.sse",
  "redacted-thinking-and-tool-call.sse",
  "tool-call-no-args.sse",
  "tool-calls-parallel.sse",
  "mcp-call.sse",
  "refusal.sse",
  "refusal-after-text.sse",
  "length-in-tool-call.sse",
];

describe("the whole answer that a stream tells", () => {
  it.each(ended)("is what Anthropic's SDK makes of it: %s", async (name) => {
    expect(JSON.parse(wholeOf(fixture(name)) ?? "")).toEqual(await sdkMessage(fixture(name)));
  });

  it("is so for everything that a stream of today may say", async () => {
    const events = [
      { ...opening, message: { ...(opening["message"] as Json), model: "claude-fable-5-1" } },
      start({ type: "compaction", content: null }),
      delta({ type: "compaction_delta", content: "So far.", encrypted_content: "ZQ==" }),
      close(),
      start({ type: "fallback", from: { model: "claude-fable-5-1" }, to: { model: "claude-opus-5-5" } }, 1),
      close(1),
      start({ type: "thinking", thinking: "", signature: "" }, 2),
      delta({ type: "thinking_delta", thinking: "", estimated_tokens: 50 }, 2),
      delta({ type: "signature_delta", signature: "c2ln" }, 2),
      close(2),
      start({ type: "server_tool_use", id: "s", name: "web_search", input: {} }, 3),
      delta({ type: "input_json_delta", partial_json: '{"que' }, 3),
      delta({ type: "input_json_delta", partial_json: 'ry":"q"}' }, 3),
      close(3),
      start(
        { type: "web_search_tool_result", tool_use_id: "s", content: [{ type: "web_search_result" }] },
        4,
      ),
      close(4),
      { type: "ping" },
      start({ type: "text", text: "", citations: [] }, 5),
      delta({ type: "text_delta", text: "So" }, 5),
      delta({ type: "citations_delta", citation: { type: "char_location" } }, 5),
      close(5),
      {
        ...end,
        delta: { ...(end["delta"] as Json), container: { id: "c" } },
        usage: { input_tokens: 20, cache_read_input_tokens: null, output_tokens: 7, iterations: [{}] },
        context_management: { applied_edits: [] },
        input_transformations: [],
      },
      stop,
    ];
    const message = JSON.parse(wholeOf(streamOf(events)) ?? "") as Json;
    expect(message).toEqual(await sdkMessage(streamOf(events)));
    expect(message).toMatchObject({
      model: "claude-opus-5-5",
      container: { id: "c" },
      context_management: { applied_edits: [] },
      usage: { input_tokens: 20, cache_read_input_tokens: 4, output_tokens: 7, service_tier: "standard" },
    });
  });

  it("has blocks that came with the opening, and blocks of tomorrow as they were given", () => {
    const prefilled = {
      type: "tool_use",
      id: "t",
      name: "f",
      input: { a: 1 },
      caller: { type: "code_execution" },
    };
    const message = { ...(opening["message"] as Json), content: [prefilled] };
    const later = { type: "block_of_tomorrow", payload: [1] };
    const events = [{ type: "message_start", message }, start(later, 1), close(1), end, stop];
    expect(JSON.parse(wholeOf(streamOf(events)) ?? "")).toMatchObject({ content: [prefilled, later] });
  });

  it("has members of the message that only its end tells, also those of tomorrow", () => {
    const last = { ...end, delta: { stop_reason: "end_turn", x_results: [1] }, x_report: { a: 1 } };
    expect(messageOf(...text, last, stop)).toMatchObject({ x_results: [1], x_report: { a: 1 } });
  });

  it("keeps the arguments exactly as the model wrote them", () => {
    const input = '{ "n": 2.50, "big": 12345678901234567890 }';
    const call = start({ type: "tool_use", id: "t", name: "f", input: {} });
    const pieces = [input.slice(0, 9), input.slice(9)].map((partial_json) =>
      delta({ type: "input_json_delta", partial_json }),
    );
    const whole = wholeOf(streamOf([opening, call, ...pieces, close(), end, stop])) ?? "";
    expect(readAnswer(whole).turn.calls.map(({ argumentsText }) => argumentsText)).toEqual([input]);
  });

  it("needs no usage and takes no null for a value", () => {
    expect(messageOf(...text, { ...end, usage: null }, stop)).toMatchObject({ usage: { output_tokens: 1 } });
    const bare = {
      type: "message_start",
      message: { id: "msg_1", type: "message", content: [], usage: null },
    };
    expect(JSON.parse(wholeOf(streamOf([bare, ...text, end, stop])) ?? "")).toEqual({
      id: "msg_1",
      type: "message",
      content: [{ type: "text", text: "So" }],
      usage: { output_tokens: 7 },
      stop_reason: "end_turn",
      stop_sequence: null,
      stop_details: null,
      container: null,
    });
  });

  it("ignores what stands behind the last event", () => {
    const sse = streamOf([opening, ...text, end, stop]);
    expect(wholeOf(`${sse}data: [DONE]\n\nevent: error\ndata: {"type":"error"}\n\n`)).toBe(wholeOf(sse));
  });
});

describe("a stream without a whole answer", () => {
  it("is one that was cut inside its last event, not behind it: some leave the last blank line out", () => {
    const sse = fixture("text.sse").trimEnd();
    expect(wholeOf(sse)).toBe(wholeOf(fixture("text.sse")));
    expect(wholeOf(sse.slice(0, -1))).toBeNull();
  });

  it("is one that ended in an error", () => {
    expect(wholeOf(fixture("midstream-error.sse"))).toBeNull();
    const error = { type: "error", error: { type: "overloaded_error", message: "No." } };
    expect(messageOf(...text, error, end, stop)).toBeNull();
  });

  const call = start({ type: "tool_use", id: "t", name: "f", input: {} });
  const cut = delta({ type: "input_json_delta", partial_json: '{"city":"Par' });
  const atLimit = { ...end, delta: { stop_reason: "max_tokens" } };

  it.each<[string, readonly Event[]]>([
    ["a delta of tomorrow", [text[0]!, delta({ type: "tone_delta", tone: "warm" }), close(), end, stop]],
    [
      "a delta of another kind of block",
      [text[0]!, delta({ type: "thinking_delta", thinking: "?" }), close(), end, stop],
    ],
    [
      "input for what has none",
      [text[0]!, delta({ type: "input_json_delta", partial_json: "{}" }), close(), end, stop],
    ],
    ["an event of tomorrow", [...text, { type: "message_note", note: "!" }, end, stop]],
    ["a second opening", [opening, ...text, end, stop]],
    ["a block that stays open", [text[0]!, end, stop]],
    ["a block that is closed twice", [...text, close(), end, stop]],
    ["a delta for a closed block", [...text, text[1]!, end, stop]],
    ["a delta for no block", [text[1]!, end, stop]],
    ["two blocks under one number", [...text, ...text, end, stop]],
    ["a block without a number", [{ type: "content_block_start", content_block: {} }, end, stop]],
    ["no reason to stop", [...text, stop]],
    ["arguments that are no JSON", [call, cut, close(), end, stop]],
    [
      "arguments that were cut before another block",
      [call, cut, close(), start({ type: "text", text: "" }, 1), close(1), atLimit, stop],
    ],
  ])("is one with %s", (_, events) => {
    expect(messageOf(...events)).toBeNull();
  });

  it("is none where the token limit cut the arguments: the API has none of them, too", () => {
    expect(messageOf(call, cut, close(), atLimit, stop)).toMatchObject({
      content: [{ type: "tool_use", id: "t", name: "f", input: {} }],
      stop_reason: "max_tokens",
    });
    expect(readerOf(streamOf([opening, call, cut, close(), atLimit, stop])).turn().calls).toMatchObject([
      { truncated: true },
    ]);
  });

  it("is one that does not begin with its opening", () => {
    expect(wholeOf(streamOf([...text, opening, end, stop]))).toBeNull();
    expect(wholeOf(streamOf([{ type: "message_start" }, end, stop]))).toBeNull();
    expect(wholeOf("")).toBeNull();
    expect(wholeOf('{"type":"message"}')).toBeNull();
  });
});
