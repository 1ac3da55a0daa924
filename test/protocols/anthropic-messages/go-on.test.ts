import { describe, expect, it } from "vitest";
import { goOn } from "../../../src/protocols/anthropic-messages/go-on.ts";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";

const event = (type: string, more: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const start = event("message_start", {
  message: { id: "msg_1", type: "message", role: "assistant", content: [], usage: { output_tokens: 1 } },
});
const block = (index: number, content_block: object, ...deltas: readonly object[]): string =>
  event("content_block_start", { index, content_block }) +
  deltas.map((delta) => event("content_block_delta", { index, delta })).join("");
const stop = (index: number): string => event("content_block_stop", { index });
const textBlock = (text: string, index = 0): string =>
  block(index, { type: "text", text: "" }, { type: "text_delta", text });

const request = {
  model: "claude-sonnet-4-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "How warm is it?" }],
};
const bodyAfter = (stream: string, more: object = {}): string | undefined =>
  goOn(readPrompt(JSON.stringify({ ...request, ...more })), stream)?.body;

describe("a model that goes on behind its own words", () => {
  it("is sent them as the last message, and nothing else changes", () => {
    const written = `{ "model":"m", "n": 1e0,\n "messages": [{"role":"user","content":"Hi"} ],"max_tokens":9}`;
    const body = goOn(readPrompt(written), start + textBlock('It is "'))?.body;
    expect(body).toBe(written.replace(" ],", ',{"role":"assistant","content":"It is \\""} ],'));
  });

  it("is sent them without white space at their end, which is refused", () => {
    expect(bodyAfter(start + textBlock("It is \n\n"))).toContain('{"role":"assistant","content":"It is"}');
  });

  it("goes on as well behind a text that was closed, and behind an error that ended it", () => {
    const error = event("error", { error: { type: "overloaded_error", message: "Busy." } });
    for (const end of [stop(0), error]) expect(bodyAfter(start + textBlock("It is") + end)).toBeDefined();
  });

  it.each([
    ["nothing was said", start],
    ["only white space was said", start + textBlock(" \n")],
    [
      "a call was begun",
      start + textBlock("So") + stop(0) + block(1, { type: "tool_use", id: "a", name: "b" }),
    ],
    [
      "a call was whole",
      start +
        textBlock("So") +
        stop(0) +
        block(1, { type: "tool_use", id: "a", name: "b", input: {} }) +
        stop(1),
    ],
    [
      "it had thought",
      start +
        block(0, { type: "thinking", thinking: "" }, { type: "thinking_delta", thinking: "Hm" }) +
        stop(0) +
        textBlock("So", 1),
    ],
    ["the provider ran a tool", start + block(0, { type: "server_tool_use", id: "a", name: "web_search" })],
    ["it cited", start + block(0, { type: "text", text: "So", citations: [{ type: "char_location" }] })],
    ["a character was cut", start + textBlock("So \ud83d")],
    [
      "only the end of the stream is missing",
      start + textBlock("So") + stop(0) + event("message_delta", { delta: { stop_reason: "end_turn" } }),
    ],
    [
      "it was whole",
      start +
        textBlock("So") +
        stop(0) +
        event("message_delta", { delta: { stop_reason: "end_turn" } }) +
        event("message_stop", {}),
    ],
    ["nothing can be read", "data: {"],
  ])("does not where %s", (_when, stream) => {
    expect(bodyAfter(stream)).toBeUndefined();
  });

  it.each([
    ["it is to think", { thinking: { type: "enabled", budget_tokens: 1024 } }],
    ["it may think", { thinking: { type: "adaptive" } }],
    ["the answer has a form", { output_config: { format: { type: "json_schema", schema: {} } } }],
    ["the answer has a form, as it was said once", { output_format: { type: "json_schema", schema: {} } }],
    ["a call is demanded", { tool_choice: { type: "any" }, tools: [{ name: "b", input_schema: {} }] }],
    ["one call is demanded", { tool_choice: { type: "tool", name: "b" } }],
    [
      "the client gave words itself",
      { messages: [...request.messages, { role: "assistant", content: "{" }] },
    ],
    ["the provider keeps the conversation", { thread: { type: "continue", previous_message_id: "msg_0" } }],
  ])("does not where %s", (_when, more) => {
    const stream = start + textBlock("It is");
    expect(
      bodyAfter(stream, { thinking: { type: "disabled" }, output_config: { effort: "low" } }),
    ).toBeDefined();
    expect(bodyAfter(stream, more)).toBeUndefined();
  });
});
