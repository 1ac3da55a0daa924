import { describe, expect, it } from "vitest";
import { costByPosts, costOf, priceOf } from "../../../src/guards/run-limits/cost.ts";

const million = 1_000_000;

function used(model: string, more: object = {}) {
  return { model, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, ...more };
}

describe("the price of a model", () => {
  const prices = { "gpt-4o-mini*": { input: 1, output: 2 }, "gpt-*": { input: 3, output: 4 } };

  it("is that of the first pattern that holds its name, however it is spelled", () => {
    expect(priceOf("gpt-4o-mini-2024", prices)?.input).toBe(1);
    expect(priceOf("gpt-4o", prices)?.input).toBe(3);
    expect(priceOf("openai/GPT-4o", prices)?.input).toBe(3);
  });

  it("is unknown where no pattern holds it", () => {
    expect(priceOf("claude-sonnet-5", prices)).toBeUndefined();
    expect(priceOf("toString", {})).toBeUndefined();
  });
});

describe("what a run cost", () => {
  const price = { input: 10, output: 50, cacheRead: 1, cacheWrite: 12.5 };

  it("counts fresh, cached and written input apart, and output", () => {
    const usage = used("m", {
      inputTokens: 4 * million,
      cacheReadTokens: 2 * million,
      cacheWriteTokens: million,
      outputTokens: million,
    });
    expect(costOf([usage], { m: price })).toEqual({ kind: "known", amount: 10 + 2 + 12.5 + 50 });
  });

  it("takes cached tokens for fresh ones where their price is not said", () => {
    const usage = used("m", { inputTokens: 2 * million, cacheReadTokens: million });
    expect(costOf([usage], { m: { input: 10, output: 50 } })).toEqual({ kind: "known", amount: 20 });
  });

  it("pays nothing back where an upstream's figures do not add up", () => {
    const usage = used("m", { inputTokens: 0, cacheReadTokens: million });
    expect(costOf([usage], { m: price })).toEqual({ kind: "known", amount: 1 });
  });

  it("is unknown, never zero, where a model has no price", () => {
    const usage = [used("m", { inputTokens: million }), used("other", { inputTokens: 1 })];
    expect(costOf(usage, { m: price })).toEqual({ kind: "unpriced", models: ["other"] });
    expect(costOf([], { m: price })).toEqual({ kind: "known", amount: 0 });
  });
});

describe("what an answer costs", () => {
  const posts = [
    { guard: "tool-schema", options: {} },
    { guard: "run-limits", options: { prices: { "gpt-*": { input: 2, output: 8 } } } },
  ];

  it("is told by the prices of the run-limits post", () => {
    const usage = used("gpt-4o", { inputTokens: million, outputTokens: million });
    expect(costByPosts(posts)(usage)).toBe(10);
  });

  it("is unknown for a model without a price, and where nobody named prices", () => {
    expect(costByPosts(posts)(used("claude", { inputTokens: 1 }))).toBeNull();
    expect(costByPosts([])(used("gpt-4o"))).toBeNull();
  });
});
