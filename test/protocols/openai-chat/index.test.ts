import { describe, expect, it } from "vitest";
import { openaiChat } from "../../../src/protocols/openai-chat/index.ts";
import { protocolSuite } from "../../conformance/protocol-suite.ts";
import { consumers } from "./consumers.ts";
import { bareConversation, conversation } from "./traffic.ts";

protocolSuite(openaiChat, {
  path: "/v1/chat/completions",
  list: "messages",
  conversation,
  bareConversation,
  choosing: (names) => {
    const tools = names.map((name) => ({ type: "function", function: { name } }));
    const choice = { type: "allowed_tools", allowed_tools: { mode: "auto", tools } };
    return JSON.stringify({ ...(JSON.parse(conversation) as object), tool_choice: choice });
  },
  consumers,
});

describe("what carries Chat Completions", () => {
  it("is a POST to a path that ends so, whatever stands before", () => {
    expect(openaiChat.matches("POST", "/v1/chat/completions")).toBe(true);
    expect(openaiChat.matches("POST", "/openai/deployments/gpt/chat/completions")).toBe(true);
    expect(openaiChat.matches("GET", "/v1/chat/completions")).toBe(false);
    expect(openaiChat.matches("POST", "/v1/chat/completions/chatcmpl-1")).toBe(false);
    expect(openaiChat.matches("POST", "/v1/responses")).toBe(false);
  });

  it("words the errors of OpenAI's other paths, and of nobody else's", () => {
    expect(openaiChat.words("/v1/models", {})).toBe(true);
    expect(openaiChat.words("/v1/models", { "anthropic-version": "2023-06-01" })).toBe(false);
    expect(openaiChat.words("/v1/messages/batches", {})).toBe(false);
    expect(openaiChat.words("/mcp/files", {})).toBe(false);
  });

  it("never binds thinking, and lets every request go on", () => {
    expect(openaiChat.bindsThinking("gpt-5.4")).toBe(false);
    expect(openaiChat.refuseKept(openaiChat.readPrompt(conversation, "/v1/chat/completions"))).toBeNull();
  });
});
