import type { ProviderRequest } from "../../../examples/provider/provider.ts";

/** A tool call as a test states it. */
export interface PlainCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/**
 * What differs between the protocols when a test speaks them without an SDK: where requests go, how
 * a body is built, and what an answer said.
 */
export interface Dialect {
  readonly name: "openai-chat" | "anthropic-messages";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  request(messages: readonly unknown[], more?: Readonly<Record<string, unknown>>): Record<string, unknown>;
  user(text: string): unknown;
  /** The assistant message of a whole answer, as a client sends it back. */
  said(answer: Json): unknown;
  /** The assistant message that a client makes of a stream with this text and this call. */
  echo(text: string, call: PlainCall | undefined): unknown;
  result(id: string, text: string): unknown;
  calls(answer: Json): readonly PlainCall[];
  text(answer: Json): string;
  /** Text, calls and finish of a streamed body. */
  streamed(body: string): {
    readonly text: string;
    readonly calls: readonly PlainCall[];
    readonly finish: string;
  };
  /** The error of an answer: its sentence and our code. */
  error(answer: Json): { readonly sentence: string; readonly code: string };
}

export type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- test bodies of any shape

const schema = {
  type: "object",
  properties: { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"] } },
  required: ["city"],
};

function dataLines(body: string): Json[] {
  return body
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)) as Json);
}

const chat: Dialect = {
  name: "openai-chat",
  path: "/v1/chat/completions",
  headers: { authorization: "Bearer sk-test", "content-type": "application/json" },
  request: (messages, more = {}) => ({
    model: "gpt-4o",
    messages,
    tools: [{ type: "function", function: { name: "get_weather", parameters: schema } }],
    ...more,
  }),
  user: (text) => ({ role: "user", content: text }),
  said: (answer) => answer["choices"][0].message,
  echo: (text, call) => ({
    role: "assistant",
    content: text,
    tool_calls: [
      {
        id: call?.id,
        type: "function",
        // Clients write the arguments anew, in a spelling of their own.
        function: { name: call?.name, arguments: JSON.stringify(call?.arguments, null, 1) },
      },
    ],
  }),
  result: (id, text) => ({ role: "tool", tool_call_id: id, content: text }),
  calls: (answer) =>
    ((answer["choices"][0].message.tool_calls ?? []) as Json[]).map((call) => ({
      id: call["id"],
      name: call["function"].name,
      arguments: JSON.parse(call["function"].arguments),
    })),
  text: (answer) => answer["choices"][0].message.content ?? "",
  streamed(body) {
    let text = "";
    let finish = "";
    const calls: { id: string; name: string; text: string }[] = [];
    for (const chunk of dataLines(body)) {
      const choice = chunk["choices"]?.[0];
      if (choice === undefined) continue;
      text += choice.delta.content ?? "";
      finish = choice.finish_reason ?? finish;
      for (const call of choice.delta.tool_calls ?? []) {
        calls[call.index] ??= { id: "", name: "", text: "" };
        const at = calls[call.index] as { id: string; name: string; text: string };
        at.id = call.id ?? at.id;
        at.name = call.function?.name ?? at.name;
        at.text += call.function?.arguments ?? "";
      }
    }
    return {
      text,
      finish,
      calls: calls.map(({ id, name, text: args }) => ({ id, name, arguments: JSON.parse(args) })),
    };
  },
  error: (answer) => ({ sentence: answer["error"].message, code: answer["error"].code }),
};

const messages: Dialect = {
  name: "anthropic-messages",
  path: "/v1/messages",
  headers: {
    "x-api-key": "sk-ant-test",
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
  },
  request: (history, more = {}) => ({
    model: "claude-sonnet-5-5",
    max_tokens: 1024,
    messages: history,
    tools: [{ name: "get_weather", input_schema: schema }],
    ...more,
  }),
  user: (text) => ({ role: "user", content: text }),
  said: (answer) => ({ role: "assistant", content: answer["content"] }),
  echo: (text, call) => ({
    role: "assistant",
    content: [
      { type: "text", text },
      { type: "tool_use", id: call?.id, name: call?.name, input: call?.arguments },
    ],
  }),
  result: (id, text) => ({
    role: "user",
    content: [{ type: "tool_result", tool_use_id: id, content: text }],
  }),
  calls: (answer) =>
    (answer["content"] as Json[])
      .filter((block) => block["type"] === "tool_use")
      .map((block) => ({ id: block["id"], name: block["name"], arguments: block["input"] })),
  text: (answer) =>
    (answer["content"] as Json[])
      .filter((block) => block["type"] === "text")
      .map((block) => block["text"])
      .join(""),
  streamed(body) {
    const blocks: Json[] = [];
    let finish = "";
    for (const event of dataLines(body)) {
      if (event["type"] === "content_block_start")
        blocks[event["index"]] = { ...event["content_block"], json: "" };
      if (event["type"] === "content_block_delta") {
        const block = blocks[event["index"]] as Json;
        if (event["delta"].type === "text_delta") block["text"] += event["delta"].text;
        if (event["delta"].type === "input_json_delta") block["json"] += event["delta"].partial_json;
      }
      if (event["type"] === "message_delta") finish = event["delta"].stop_reason;
    }
    return {
      text: blocks
        .filter((block) => block["type"] === "text")
        .map((block) => block["text"])
        .join(""),
      calls: blocks
        .filter((block) => block["type"] === "tool_use")
        .map((block) => ({
          id: block["id"],
          name: block["name"],
          arguments: JSON.parse(block["json"] || "{}"),
        })),
      finish,
    };
  },
  error: (answer) => ({ sentence: answer["error"].message, code: answer["error"].details.error_code }),
};

export const dialects: readonly Dialect[] = [chat, messages];

/** The tools' results and everything else that the provider was sent in its last request. */
export function lastBody(requests: readonly ProviderRequest[]): Json {
  const last = requests.at(-1);
  if (last === undefined) throw new Error("the provider was sent nothing");
  return last.parsed;
}

export async function post(
  url: string,
  dialect: Dialect,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url + dialect.path, {
    method: "POST",
    headers: { ...dialect.headers, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
