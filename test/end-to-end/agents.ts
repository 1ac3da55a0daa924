import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

export type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- bodies of any shape

/** A real SDK, asked for one turn after a history. Messages are of the SDK's own making. */
export interface Agent {
  readonly name: string;
  ask(url: string, asked: Asked): Promise<Answered>;
  user(text: string): Json;
  /** An answer with calls, and what came back of each. */
  history(answered: Answered, result: string): Json[];
  names(body: Json): readonly string[];
}

export interface Asked {
  readonly messages: readonly Json[];
  readonly tools: readonly string[];
  readonly choice?: Json;
  readonly headers?: Record<string, string>;
  readonly stream?: boolean;
}

export interface Answered {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: Json }[];
}

const parameters = { type: "object" as const, properties: { at: { type: "string" } } };

export const openai: Agent = {
  name: "the OpenAI SDK",
  async ask(url, { messages, tools, choice, headers = {}, stream }) {
    const client = new OpenAI({
      apiKey: "sk-test",
      baseURL: `${url}/v1`,
      maxRetries: 0,
      defaultHeaders: headers,
    });
    const offered = tools.map((name) => ({ type: "function" as const, function: { name, parameters } }));
    const body: Json = { model: "gpt-4o", messages, tools: offered, ...(choice && { tool_choice: choice }) };
    const completion =
      stream === true
        ? await client.chat.completions.stream(body as never).finalChatCompletion()
        : await client.chat.completions.create(body as never);
    const message = completion.choices[0]?.message;
    const calls = (message?.tool_calls ?? []) as Json[];
    return {
      text: message?.content ?? "",
      calls: calls.map(({ id, function: called }) => ({
        id,
        name: called.name,
        input: JSON.parse(called.arguments),
      })),
    };
  },
  user: (content) => ({ role: "user", content }),
  history: ({ text, calls }, result) => [
    {
      role: "assistant",
      content: text,
      tool_calls: calls.map(({ id, name, input }) => ({
        id,
        type: "function",
        function: { name, arguments: JSON.stringify(input) },
      })),
    },
    ...calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: result })),
  ],
  names: ({ tools = [] }) => (tools as Json[]).map((tool) => tool["function"].name),
};

export const anthropic: Agent = {
  name: "the Anthropic SDK",
  async ask(url, { messages, tools, choice, headers = {}, stream }) {
    const client = new Anthropic({ apiKey: "sk-ant", baseURL: url, maxRetries: 0, defaultHeaders: headers });
    const offered = tools.map((name) => ({ name, input_schema: parameters }));
    const body: Json = {
      model: "claude-sonnet-5-5",
      max_tokens: 1_000,
      messages,
      tools: offered,
      ...(choice && { tool_choice: choice }),
    };
    const message =
      stream === true
        ? await client.messages.stream(body as never).finalMessage()
        : await client.messages.create(body as never);
    const blocks = message.content as unknown as Json[];
    return {
      text: blocks.flatMap(({ type, text }) => (type === "text" ? [text as string] : [])).join(""),
      calls: blocks.flatMap(({ type, id, name, input }) =>
        type === "tool_use" ? [{ id, name, input }] : [],
      ),
    };
  },
  user: (content) => ({ role: "user", content }),
  history: ({ text, calls }, result) => [
    {
      role: "assistant",
      content: [
        ...(text === "" ? [] : [{ type: "text", text }]),
        ...calls.map(({ id, name, input }) => ({ type: "tool_use", id, name, input })),
      ],
    },
    {
      role: "user",
      content: calls.map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: result })),
    },
  ],
  names: ({ tools = [] }) => (tools as Json[]).map(({ name }) => name as string),
};
