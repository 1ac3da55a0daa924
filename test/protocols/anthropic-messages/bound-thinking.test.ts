import { describe, expect, it } from "vitest";
import { bindsThinking } from "../../../src/protocols/anthropic-messages/bound-thinking.ts";

describe("telling whether a model binds its thinking", () => {
  it.each([
    "claude-opus-5-5",
    "claude-sonnet-5-5-20260901",
    "claude-haiku-5-5",
    "claude-fable-5-1",
    "claude-fable-5-2",
    "claude-mythos-5-1",
    "claude-opus-6",
    "claude-sonnet-6-0-20270101",
    "anthropic/claude-opus-5.5",
    "us.anthropic.claude-opus-5-5-v1:0",
    "claude-opus-latest",
    "claude-saga-7",
    "claude-next",
  ])("%s does", (model) => expect(bindsThinking(model)).toBe(true));

  it.each([
    "claude-opus-5",
    "claude-opus-5-20260401",
    "claude-sonnet-5",
    "claude-fable-5",
    "claude-mythos-5",
    "claude-mythos-preview",
    "claude-opus-4-8",
    "claude-haiku-4-5-20251001",
    "claude-opus-4-20250514",
    "claude-3-7-sonnet-latest",
    "claude-3-5-haiku@20241022",
    "claude-2.1",
    "claude-instant-1.2",
    "deepseek-chat",
    "kimi-k2-thinking",
    "",
  ])("%s does not", (model) => expect(bindsThinking(model)).toBe(false));
});
