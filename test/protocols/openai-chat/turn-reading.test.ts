import { describe, expect, it } from "vitest";
import { finishOf, meansCalls, usageOf } from "../../../src/protocols/openai-chat/turn-reading.ts";

describe("why a model stopped", () => {
  it.each([
    ["stop", false, false, "stop"],
    ["stop", true, false, "calls"],
    ["stop", false, true, "refusal"],
    ["tool_calls", true, false, "calls"],
    ["function_call", true, false, "calls"],
    ["length", true, false, "length"],
    ["content_filter", false, false, "refusal"],
    ["insufficient_system_resource", false, false, "other"],
  ])("%s with calls %s and a refusal %s is %s", (reason, hasCalls, refused, expected) => {
    expect(finishOf(reason, hasCalls, refused)).toBe(expected);
  });

  it("knows the reasons that need a call", () => {
    expect(["tool_calls", "function_call", "stop", "length", undefined].map(meansCalls)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("usage", () => {
  it("is read from OpenAI's fields, and from DeepSeek's", () => {
    expect(
      usageOf({ prompt_tokens: 1, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 3 } }),
    ).toEqual({
      inputTokens: 1,
      outputTokens: 2,
      cacheReadTokens: 3,
      cacheWriteTokens: undefined,
    });
    expect(usageOf({ prompt_cache_hit_tokens: 5 })?.cacheReadTokens).toBe(5);
  });

  it("is unknown where the provider says nothing", () => {
    expect(usageOf(null)).toBeUndefined();
    expect(usageOf({})?.outputTokens).toBeUndefined();
  });
});
