import { describe, expect, it } from "vitest";
import { openaiResponses } from "../../../src/protocols/openai-responses/index.ts";
import { protocolSuite } from "../../conformance/protocol-suite.ts";
import { consumers } from "./consumers.ts";
import { bareConversation, conversation, fixture } from "./traffic.ts";

protocolSuite(openaiResponses, {
  path: "/v1/responses",
  list: "input",
  conversation,
  bareConversation,
  choosing: (names) => {
    const tools = names.map((name) => ({ type: "function", name }));
    const choice = { type: "allowed_tools", mode: "auto", tools };
    return JSON.stringify({ ...(JSON.parse(conversation) as object), tool_choice: choice });
  },
  consumers,
});

describe("what carries Responses", () => {
  it("is a POST to a path that ends so, whatever stands before", () => {
    expect(openaiResponses.matches("POST", "/v1/responses")).toBe(true);
    expect(openaiResponses.matches("POST", "/openai/v1/responses")).toBe(true);
    expect(openaiResponses.matches("POST", "/openai/deployments/gpt/responses")).toBe(true);
    expect(openaiResponses.matches("GET", "/v1/responses")).toBe(false);
    expect(openaiResponses.matches("POST", "/v1/responses/resp_1/cancel")).toBe(false);
    expect(openaiResponses.matches("POST", "/v1/responses/compact")).toBe(false);
    expect(openaiResponses.matches("POST", "/v1/chat/completions")).toBe(false);
  });

  it("words the errors of all paths below it, and of no others", () => {
    expect(openaiResponses.words("/v1/responses", {})).toBe(true);
    expect(openaiResponses.words("/v1/responses/resp_1/input_items", {})).toBe(true);
    expect(openaiResponses.words("/v1/models", {})).toBe(false);
  });

  it("fetches an answer by its id, and by nothing else", () => {
    expect(openaiResponses.fetchedAnswer("GET", "/v1/responses/resp_1")).toBe("resp_1");
    expect(openaiResponses.fetchedAnswer("GET", "/openai/v1/responses/resp_1")).toBe("resp_1");
    expect(openaiResponses.fetchedAnswer("GET", "/v1/responses/resp_1/input_items")).toBeNull();
    expect(openaiResponses.fetchedAnswer("GET", "/v1/responses")).toBeNull();
    expect(openaiResponses.fetchedAnswer("DELETE", "/v1/responses/resp_1")).toBeNull();
  });

  it("never binds thinking, and lets every request go on", () => {
    const prompt = openaiResponses.readPrompt(fixture("requests/responses-stateful.json"), "/v1/responses");
    expect(openaiResponses.bindsThinking("gpt-5.4")).toBe(false);
    expect(openaiResponses.refuseKept(prompt)).toBeNull();
  });
});
