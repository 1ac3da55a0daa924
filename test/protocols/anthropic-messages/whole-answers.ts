import * as fc from "fast-check";

export type Json = Record<string, unknown>;

const envelope = {
  id: "msg_01",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  stop_reason: "end_turn",
  stop_sequence: null,
  stop_details: null,
  container: null,
  usage: {
    input_tokens: 45,
    cache_creation_input_tokens: 12,
    cache_read_input_tokens: 1024,
    cache_creation: { ephemeral_5m_input_tokens: 12, ephemeral_1h_input_tokens: 0 },
    output_tokens: 90,
    output_tokens_details: { thinking_tokens: 40 },
    server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
    service_tier: "standard",
    inference_geo: "not_available",
  },
};

/** A whole answer of the API: with `beta` also what only its beta gives. */
export function answerOf(content: readonly unknown[], more: Json = {}): Json {
  return { ...envelope, content, ...more };
}

const citation = {
  type: "web_search_result_location",
  cited_text: "18 °C",
  url: "https://a.example",
  title: "A",
  encrypted_index: "ZQ==",
};

const results = {
  type: "web_search_tool_result",
  tool_use_id: "srvtoolu_1",
  caller: { type: "direct" },
  content: [
    {
      type: "web_search_result",
      url: "https://a.example",
      title: "A",
      encrypted_content: "ZQ==",
      page_age: null,
    },
  ],
};

/** Answers with everything that an answer may have, each of which clients read in their own way. */
export const richAnswers: readonly { readonly name: string; readonly answer: Json }[] = [
  {
    name: "thinking, a search of the provider, and text with citations",
    answer: answerOf([
      { type: "thinking", thinking: "Search “first”.\n", signature: "c2ln==" },
      { type: "redacted_thinking", data: "ZGF0YQ==" },
      {
        type: "server_tool_use",
        id: "srvtoolu_1",
        name: "web_search",
        input: { query: "Paris" },
        caller: { type: "direct" },
      },
      results,
      { type: "text", text: "It is ", citations: null },
      { type: "text", text: "18 °C", citations: [citation, { ...citation, cited_text: "cloudy" }] },
    ]),
  },
  {
    name: "two calls, one without arguments",
    answer: answerOf(
      [
        { type: "text", text: "Both.", citations: null },
        {
          type: "tool_use",
          id: "toolu_1",
          name: "get_weather",
          input: { city: "Paris", days: [1, 2.5], "": null },
          caller: { type: "direct" },
        },
        { type: "tool_use", id: "toolu_2", name: "get_time", input: {}, caller: { type: "direct" } },
      ],
      { stop_reason: "tool_use" },
    ),
  },
  {
    name: "a stop sequence and a container",
    answer: answerOf([{ type: "text", text: "So", citations: null }], {
      stop_reason: "stop_sequence",
      stop_sequence: "END",
      container: { id: "container_1", expires_at: "2026-11-30T00:00:00Z", skills: null },
    }),
  },
  {
    name: "a refusal with nothing said",
    answer: answerOf([], {
      stop_reason: "refusal",
      stop_details: { type: "refusal", category: "cyber", explanation: "No." },
    }),
  },
];

/** Answers that only the beta gives, in members and blocks that the other interface does not know. */
export const betaAnswers: readonly { readonly name: string; readonly answer: Json }[] = [
  {
    name: "compaction, another model, and a report on what was dropped",
    answer: answerOf(
      [
        { type: "compaction", content: "So far.", encrypted_content: "ZQ==" },
        {
          type: "fallback",
          from: { model: "claude-fable-5-1" },
          to: { model: "claude-opus-5-5" },
          trigger: { type: "refusal" },
        },
        { type: "text", text: "Go on.", citations: null },
      ],
      {
        context_management: {
          applied_edits: [
            { type: "clear_thinking_20251015", cleared_thinking_turns: 1, cleared_input_tokens: 50 },
          ],
        },
        input_transformations: [
          { type: "thinking_dropped", path: "messages.1.content.0", reason: "conversation_mismatch" },
        ],
        usage: {
          ...envelope.usage,
          iterations: [{ type: "compaction", input_tokens: 9, output_tokens: 1 }],
          fallback_credit: { status: "redeemed" },
        },
      },
    ),
  },
  {
    name: "a call over MCP and its result",
    answer: answerOf([
      {
        type: "mcp_tool_use",
        id: "mcptoolu_1",
        name: "get",
        server_name: "weather",
        input: { city: "Paris" },
      },
      {
        type: "mcp_tool_result",
        tool_use_id: "mcptoolu_1",
        is_error: false,
        content: [{ type: "text", text: "18" }],
      },
      { type: "text", text: "18 °C", citations: null },
    ]),
  },
];

const text = fc.string({ unit: "binary", maxLength: 12 });
const input = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });

const anyBlock: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ type: fc.constant("text"), text }),
  fc.record({
    type: fc.constant("text"),
    text,
    citations: fc.option(fc.array(fc.record({ type: text, cited_text: text }), { maxLength: 3 })),
  }),
  fc.record({ type: fc.constant("thinking"), thinking: text, signature: text }),
  fc.record({ type: fc.constant("redacted_thinking"), data: text }),
  fc.record({ type: fc.constantFrom("tool_use", "server_tool_use"), id: text, name: text, input }),
  fc.record({ type: fc.constant("mcp_tool_use"), id: text, name: text, server_name: text, input }),
  fc.record({
    type: fc.constant("compaction"),
    content: fc.option(text),
    encrypted_content: fc.option(text),
  }),
  fc.record({ type: fc.constant("block_of_tomorrow"), id: text, payload: fc.jsonValue({ maxDepth: 2 }) }),
);

const counter = fc.option(fc.nat(9999));

/** Whole answers as nobody foresees them, in the writing of some servers and of others. */
export const anyAnswer: fc.Arbitrary<string> = fc
  .tuple(
    fc.record(
      {
        id: text,
        model: text,
        container: fc.option(fc.record({ id: text })),
        stop_sequence: fc.option(text),
        stop_details: fc.option(fc.record({ type: text })),
        context_management: fc.option(fc.jsonValue({ maxDepth: 2 })),
        x_vendor: fc.jsonValue({ maxDepth: 2 }),
      },
      { requiredKeys: [] },
    ),
    fc.array(anyBlock, { maxLength: 5 }),
    fc.record(
      { input_tokens: counter, cache_read_input_tokens: counter, service_tier: text, x_counter: counter },
      { requiredKeys: [] },
    ),
    fc.record({
      output_tokens: fc.nat(9999),
      stop_reason: fc.constantFrom("end_turn", "tool_use", "max_tokens", "pause_turn", "reason_of_tomorrow"),
      space: fc.constantFrom("", "  ", "\t"),
    }),
  )
  .map(([members, content, usage, { output_tokens, stop_reason, space }]) =>
    JSON.stringify(
      { ...members, type: "message", content, stop_reason, usage: { ...usage, output_tokens } },
      null,
      space,
    ),
  );
