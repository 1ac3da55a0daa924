import * as fc from "fast-check";
import type { Json } from "./traffic.ts";

const envelope: Json = {
  id: "resp_01",
  object: "response",
  created_at: 1_795_000_000,
  status: "completed",
  background: false,
  completed_at: 1_795_000_002,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  model: "gpt-5.4-mini",
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: "medium", summary: "auto" },
  service_tier: "default",
  store: false,
  temperature: 1,
  text: { format: { type: "text" } },
  tool_choice: "auto",
  tools: [],
  top_p: 1,
  truncation: "disabled",
  usage: {
    input_tokens: 45,
    input_tokens_details: { cached_tokens: 8, cache_write_tokens: 0 },
    output_tokens: 60,
    output_tokens_details: { reasoning_tokens: 40 },
    total_tokens: 105,
  },
};

export function answerOf(output: readonly unknown[], more: Json = {}): Json {
  return { ...envelope, output, ...more };
}

export function said(text: string, more: Json = {}, part: Json = {}): Json {
  const content = [{ type: "output_text", annotations: [], logprobs: [], text, ...part }];
  return { id: "msg_1", type: "message", status: "completed", role: "assistant", content, ...more };
}

export const weatherCall: Json = {
  id: "fc_1",
  type: "function_call",
  status: "completed",
  arguments: '{ "city": "Paris",\n "days": 2.50 }',
  call_id: "call_1",
  name: "get_weather",
};

const citation = { type: "url_citation", url: "https://a.example", title: "A", start_index: 0, end_index: 2 };

/** Answers with everything that an answer may have, each of which clients read in their own way. */
export const richAnswers: readonly { readonly name: string; readonly answer: Json }[] = [
  {
    name: "reasoning, text and two calls",
    answer: answerOf([
      {
        id: "rs_1",
        type: "reasoning",
        encrypted_content: "gAAAAA",
        summary: [
          { type: "summary_text", text: "**Weather** First." },
          { type: "summary_text", text: "Then." },
        ],
      },
      said("Both “cities”.\n", { phase: "commentary" }),
      weatherCall,
      { ...weatherCall, id: "fc_2", call_id: "call_2", arguments: "{}" },
    ]),
  },
  {
    name: "a search of the provider, and text with citations and chances",
    answer: answerOf([
      {
        id: "ws_1",
        type: "web_search_call",
        status: "completed",
        action: { type: "search", query: "Paris", sources: [{ type: "url", url: "https://a.example" }] },
      },
      said(
        "18 C",
        {},
        {
          annotations: [citation, { ...citation, url: "https://b.example" }],
          logprobs: [{ token: "18", bytes: [49, 56], logprob: -0.1, top_logprobs: [] }],
        },
      ),
    ]),
  },
  {
    name: "a free-form call",
    answer: answerOf([
      {
        id: "ctc_1",
        type: "custom_tool_call",
        status: "completed",
        call_id: "call_1",
        input: "*** a\n",
        name: "patch",
      },
    ]),
  },
  {
    name: "code that the provider ran, and a call over MCP",
    answer: answerOf([
      {
        id: "ci_1",
        type: "code_interpreter_call",
        status: "completed",
        container_id: "cntr_1",
        code: 'print("18")\n',
        outputs: [{ type: "logs", logs: "18" }],
      },
      {
        id: "mcp_1",
        type: "mcp_call",
        status: "completed",
        approval_request_id: null,
        arguments: '{"city":"Paris"}',
        error: null,
        name: "get_weather",
        output: "18",
        server_label: "weather",
      },
      said("18 C"),
    ]),
  },
  {
    name: "a refusal",
    answer: answerOf([
      {
        id: "msg_1",
        type: "message",
        status: "completed",
        role: "assistant",
        content: [{ type: "refusal", refusal: "No." }],
      },
    ]),
  },
  { name: "nothing", answer: answerOf([]) },
];

export const cutAnswer = answerOf([said("Once upon", { status: "incomplete" })], {
  status: "incomplete",
  completed_at: null,
  incomplete_details: { reason: "max_output_tokens" },
});

const text = fc.string({ unit: "binary", maxLength: 12 });
const status = fc.constantFrom("completed", "incomplete");
const part = fc.oneof(
  fc.record(
    {
      type: fc.constant("output_text"),
      text,
      annotations: fc.array(fc.record({ type: text }), { maxLength: 2 }),
    },
    { requiredKeys: ["type", "text"] },
  ),
  fc.record({ type: fc.constant("refusal"), refusal: text }),
  fc.record({ type: fc.constant("part_of_tomorrow"), payload: fc.jsonValue({ maxDepth: 2 }) }),
);

const anyItem: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ type: fc.constant("message"), status, content: fc.array(part, { maxLength: 3 }) }),
  fc.record(
    {
      type: fc.constant("reasoning"),
      summary: fc.array(fc.record({ type: fc.constant("summary_text"), text }), { maxLength: 2 }),
      content: fc.array(fc.record({ type: fc.constant("reasoning_text"), text }), { maxLength: 2 }),
      encrypted_content: fc.option(text),
    },
    { requiredKeys: ["type", "summary"] },
  ),
  fc.record(
    { type: fc.constant("function_call"), status, call_id: text, name: text, arguments: text },
    { requiredKeys: ["type", "name", "arguments"] },
  ),
  fc.record({ type: fc.constant("custom_tool_call"), status, call_id: text, name: text, input: text }),
  fc.record({
    type: fc.constant("code_interpreter_call"),
    status,
    code: fc.option(text),
    outputs: fc.constant(null),
  }),
  fc.record({ type: fc.constant("item_of_tomorrow"), payload: fc.jsonValue({ maxDepth: 2 }) }),
);

/** Whole answers as nobody foresees them, in the writing of some servers and of others. */
export const anyAnswer: fc.Arbitrary<string> = fc
  .tuple(
    fc.record(
      {
        created_at: fc.nat(),
        usage: fc.option(fc.record({ output_tokens: fc.nat(999) })),
        x_vendor: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
    fc.array(anyItem, { maxLength: 5 }),
    fc.record({ status }, { requiredKeys: [] }),
    fc.constantFrom("", "  ", "\t"),
  )
  .map(([members, items, state, space]) => {
    const output = items.map((item, index) => ({ ...item, id: `item_${index}` }));
    return JSON.stringify({ id: "resp_1", ...members, ...state, output }, null, space);
  });
