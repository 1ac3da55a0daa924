import { describe, expect, it } from "vitest";
import { limitsOf } from "../../../src/guards/budget/limits.ts";

const defaults = { tokensMax: 0, answerTokens: 0, marginPercent: 5, windows: {} };

describe("limitsOf", () => {
  it("takes the window without the answer, less a margin", () => {
    expect(limitsOf("claude-haiku-4-5", 8_000, defaults)).toEqual({
      budgetTokens: 182_400,
      promptTokensMax: 192_000,
      answerTokens: 8_000,
    });
  });

  it("keeps room for the longest answer where the request does not say, up to a quarter of the window", () => {
    expect(limitsOf("gpt-4o", undefined, defaults)?.promptTokensMax).toBe(128_000 - 16_384);
    expect(limitsOf("o3", undefined, defaults)?.promptTokensMax).toBe(150_000);
    expect(limitsOf("o3", undefined, { ...defaults, answerTokens: 10_000 })?.promptTokensMax).toBe(190_000);
    expect(limitsOf("o3", 20_000, { ...defaults, answerTokens: 10_000 })?.promptTokensMax).toBe(180_000);
  });

  it("heeds a bound that a provider puts on the prompt alone", () => {
    expect(limitsOf("gpt-5", 4_000, defaults)?.promptTokensMax).toBe(272_000);
  });

  it("leaves room for a prompt, however long an answer is asked for", () => {
    expect(limitsOf("claude-haiku-4-5", 1_000_000, defaults)?.answerTokens).toBe(64_000);
    expect(limitsOf("x", 1_000_000, { ...defaults, windows: { x: 10_000 } })?.promptTokensMax).toBe(2_500);
  });

  it("takes tokensMax where it is smaller, or where nothing else is known", () => {
    expect(limitsOf("gpt-4o", 1_000, { ...defaults, tokensMax: 50_000 })).toEqual({
      budgetTokens: 50_000,
      promptTokensMax: 127_000,
      answerTokens: 1_000,
    });
    expect(limitsOf("gpt-4o", 1_000, { ...defaults, tokensMax: 500_000 })?.budgetTokens).toBe(120_650);
    expect(limitsOf("unknown", 1_000, { ...defaults, tokensMax: 50_000 })?.budgetTokens).toBe(50_000);
    expect(limitsOf("unknown", 1_000, defaults)).toBeUndefined();
  });

  it("puts a configured window before the table", () => {
    const windows = { "claude-opus-*": 50_000, "my-*": 10_000 };
    expect(
      limitsOf("us.anthropic.claude-opus-4-8-v1", 1_000, { ...defaults, windows })?.promptTokensMax,
    ).toBe(49_000);
    expect(limitsOf("gpt-5", 4_000, { ...defaults, windows: { "gpt-5": 400_000 } })?.promptTokensMax).toBe(
      396_000,
    );
    expect(limitsOf("my-model", 1_000, { ...defaults, windows })?.promptTokensMax).toBe(9_000);
  });
});
