import type { Prompt } from "../../../src/exchange/prompt.ts";
import type { Answer } from "../../../src/protocols/protocol.ts";
import { anthropicMessages } from "../../../src/protocols/anthropic-messages/index.ts";

const tools = [{ name: "search", input_schema: { type: "object", properties: { q: { type: "string" } } } }];

/** A request to the Messages API with these messages, as the real protocol reads it. */
export function promptOf(messages: readonly unknown[], more: Readonly<Record<string, unknown>> = {}): Prompt {
  const body = { model: "claude-opus-5-5", max_tokens: 100, tools, messages, ...more };
  return anthropicMessages.readPrompt(JSON.stringify(body), "/v1/messages");
}

export const user = (text: string): unknown => ({ role: "user", content: text });

export const use = (id: string, input: unknown, name = "search"): unknown => ({
  type: "tool_use",
  id,
  name,
  input,
});

export const thinking = (text: string): unknown => ({ type: "thinking", thinking: text, signature: "sig" });

export const said = (...content: readonly unknown[]): unknown => ({ role: "assistant", content });

export const result = (id: string, text: string): unknown => ({
  role: "user",
  content: [{ type: "tool_result", tool_use_id: id, content: text }],
});

/** A whole answer of the Messages API with these blocks, as the real protocol reads it. */
export function answerOf(content: readonly unknown[], outputTokens = 10): Answer {
  return anthropicMessages.readAnswer(
    JSON.stringify({
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-opus-5-5",
      content,
      stop_reason: "tool_use",
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: outputTokens },
    }),
  );
}
