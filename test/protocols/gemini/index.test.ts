import { describe, expect, it } from "vitest";
import { gemini } from "../../../src/protocols/gemini/index.ts";
import { protocolSuite } from "../../conformance/protocol-suite.ts";
import { consumers } from "./consumers.ts";
import { bareConversation, choosing, conversation, path } from "./traffic.ts";

protocolSuite(gemini, {
  path,
  list: "contents",
  conversation,
  bareConversation,
  choosing,
  onlyStreamed: ["length-in-tool-call"],
  consumers,
});

describe("what carries the Gemini API", () => {
  it("is a POST to a model's generateContent or streamGenerateContent, whatever stands before", () => {
    expect(gemini.matches("POST", path)).toBe(true);
    expect(gemini.matches("POST", "/v1/models/gemini-3-flash:streamGenerateContent")).toBe(true);
    expect(gemini.matches("POST", "/v1beta/tunedModels/mine:generateContent")).toBe(true);
    const vertex = "/v1/projects/p/locations/l/publishers/google/models/gemini-3-flash:generateContent";
    expect(gemini.matches("POST", vertex)).toBe(true);
    expect(gemini.matches("GET", path)).toBe(false);
    expect(gemini.matches("POST", "/v1beta/models/gemini-3-flash:countTokens")).toBe(false);
    expect(gemini.matches("POST", "/v1beta/models/gemini-3-flash:batchGenerateContent")).toBe(false);
    expect(gemini.matches("POST", "/v1beta/openai/chat/completions")).toBe(false);
  });

  it("words the errors of Google's other paths, and of nobody else's", () => {
    expect(gemini.words("/v1beta/models", {})).toBe(true);
    expect(gemini.words("/v1/models", { "x-goog-api-key": "k" })).toBe(true);
    expect(gemini.words("/v1/models", {})).toBe(false);
    expect(gemini.words("/v1/messages", { "x-goog-api-key": "k" })).toBe(false);
    expect(gemini.words("/v1/models/ft:gpt-4o:acme::abc", {})).toBe(false);
  });

  it("binds no thinking, and lets every request go on", () => {
    expect(gemini.bindsThinking("gemini-3-pro")).toBe(false);
    expect(gemini.refuseKept(gemini.readPrompt(conversation, path))).toBeNull();
  });
});
