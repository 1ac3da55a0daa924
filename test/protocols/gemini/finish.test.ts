import { describe, expect, it } from "vitest";
import { finishOf, meansBrokenCall, usageOf } from "../../../src/protocols/gemini/finish.ts";

describe("why a model stopped", () => {
  it.each([
    ["STOP", true, "calls"],
    ["STOP", false, "stop"],
    ["MAX_TOKENS", true, "length"],
    ["SAFETY", false, "refusal"],
    ["RECITATION", false, "refusal"],
    ["PROHIBITED_CONTENT", false, "refusal"],
    ["MALFORMED_FUNCTION_CALL", false, "other"],
    ["CONTINUATION", true, "other"],
    ["SOMETHING_NEW", false, "other"],
  ] as const)("%s (with calls: %s) is %s", (reason, hasCalls, finish) => {
    expect(finishOf(reason, hasCalls)).toBe(finish);
  });

  it("may be a call that nobody could read", () => {
    expect(meansBrokenCall("MALFORMED_FUNCTION_CALL")).toBe(true);
    expect(meansBrokenCall("UNEXPECTED_TOOL_CALL")).toBe(true);
    expect(meansBrokenCall("STOP")).toBe(false);
    expect(meansBrokenCall(undefined)).toBe(false);
  });
});

describe("what an answer used", () => {
  it("counts thoughts as output, and cached tokens as part of the input", () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      candidatesTokenCount: 10,
      thoughtsTokenCount: 5,
    };
    expect(usageOf({ usageMetadata })).toEqual({
      inputTokens: 100,
      outputTokens: 15,
      cacheReadTokens: 60,
      cacheWriteTokens: undefined,
    });
  });

  it("is not guessed where it is not said", () => {
    expect(usageOf({})).toBeUndefined();
    expect(usageOf({ usageMetadata: { promptTokenCount: 5 } })).toMatchObject({ outputTokens: undefined });
  });
});
