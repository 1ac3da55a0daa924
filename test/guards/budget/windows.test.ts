import { describe, expect, it } from "vitest";
import {
  matchesPattern,
  modelWindows,
  plainName,
  seedRatio,
  windowOf,
} from "../../../src/guards/budget/windows.ts";

describe("the table of windows", () => {
  it.each([
    ["gpt-4o", 128_000],
    ["gpt-4o-mini-2024-07-18", 128_000],
    ["gpt-4.1-nano", 1_047_576],
    ["o3-mini", 200_000],
    ["o1-preview", 128_000],
    ["gpt-5", 400_000],
    ["gpt-5-mini-2025-08-07", 400_000],
    ["gpt-5.2-chat-latest", 128_000],
    ["gpt-5.4", 1_050_000],
    ["gpt-5.4-mini", 400_000],
    ["gpt-5.6-sol", 1_050_000],
    ["gpt-6-astra", 1_050_000],
    ["claude-sonnet-4-20250514", 200_000],
    ["claude-sonnet-4-5-20250929", 200_000],
    ["claude-sonnet-4-6", 1_000_000],
    ["claude-opus-4-1-20250805", 200_000],
    ["claude-opus-4-5-20251101", 200_000],
    ["claude-opus-4-8", 1_000_000],
    ["claude-fable-5-1", 1_000_000],
    ["claude-haiku-4-5-20251001", 200_000],
    ["claude-haiku-5-5", 1_000_000],
    ["gemini-4-argon", 1_048_576],
    ["gemini-3.1-pro-preview-customtools", 1_114_112],
    ["gemini-3-flash", 1_114_112],
    ["google/gemini-2.5-flash", 1_114_112],
    ["gemini-2.0-flash", 1_056_768],
  ])("knows the window of %s", (model, windowTokens) => {
    expect(windowOf(model)?.windowTokens).toBe(windowTokens);
  });

  it.each([
    "gpt-7",
    "gpt-5.9",
    "gpt-4o-realtime",
    "claude-opus-6",
    "claude-haiku-5",
    "gemini-2.5-flash-image",
    "gemini-5-pro",
    "llama-4-maverick",
    "my-deployment",
    "",
  ])("guesses nothing about %s", (model) => {
    expect(windowOf(model)).toBeUndefined();
  });

  it("finds a model behind the names that platforms give it", () => {
    for (const name of [
      "anthropic/claude-opus-4.6",
      "us.anthropic.claude-opus-4-6-v1:0",
      "vertex_ai/claude-opus-4-6@20260205",
      "Claude-Opus-4-6",
    ]) {
      expect(windowOf(name)).toBe(windowOf("claude-opus-4-6"));
    }
    expect(plainName("openai/GPT-4o")).toBe("gpt-4o");
  });

  it("names a source and a day for every row, and its figures fit each other", () => {
    for (const row of modelWindows) {
      expect(row.source).toMatch(
        /^https:\/\/(developers\.openai\.com|platform\.claude\.com|ai\.google\.dev|(docs\.)?cloud\.google\.com)\//,
      );
      expect(row.checkedAt).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(row.answerTokensMax).toBeLessThan(row.windowTokens);
      expect(row.promptTokensMax ?? 0).toBeLessThan(row.windowTokens);
      for (const pattern of row.models) expect(windowOf(pattern.replaceAll("*", ""))).toBe(row);
    }
  });
});

describe("seedRatio", () => {
  it.each([
    ["gpt-4o", 1],
    ["openai/o3", 1],
    ["claude-3-5-sonnet-20241022", 1.3],
    ["claude-sonnet-4-20250514", 1.3],
    ["claude-opus-4-6", 1.3],
    ["claude-opus-4-7", 1.7],
    ["claude-opus-4-8", 1.7],
    ["claude-sonnet-5", 1.7],
    ["claude-fable-5-1", 1.7],
    ["gemini-3-pro", 1.3],
    ["llama-4-maverick", 1.3],
  ])("counts high rather than low: %s", (model, ratio) => {
    expect(seedRatio(model)).toBe(ratio);
  });
});

describe("matchesPattern", () => {
  it.each([
    ["*", "anything", true],
    ["gpt-4o", "gpt-4o", true],
    ["gpt-4o", "gpt-4o-mini", false],
    ["gpt-*", "gpt-4o", true],
    ["*-mini", "gpt-4o-mini", true],
    ["gpt*preview*", "gpt-4o-audio-preview-2024", true],
    ["a*a", "a", false],
    ["a*b*c", "axxbxxc", true],
    ["a*b*c", "axxcxxb", false],
    ["My-*", "my-model", true],
    ["a.c", "abc", false],
  ])("%s on %s: %s", (pattern, name, matches) => {
    expect(matchesPattern(pattern, name)).toBe(matches);
  });

  it("takes a long pattern on a long name", () => {
    expect(matchesPattern("*a".repeat(1_000), "a".repeat(100_000))).toBe(true);
    expect(matchesPattern(`${"*a".repeat(1_000)}b`, "a".repeat(100_000))).toBe(false);
  });
});
