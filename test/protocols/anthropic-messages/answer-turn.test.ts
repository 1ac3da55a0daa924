import { describe, expect, it } from "vitest";
import { turnOf, usageOf } from "../../../src/protocols/anthropic-messages/answer-turn.ts";
import type { AnswerBlock } from "../../../src/protocols/anthropic-messages/answer-turn.ts";

const text = (words: string): AnswerBlock => ({ text: words, use: undefined });
const use = (
  inputText: string,
  by: "client" | "program" | "provider" = "client",
  name = "f",
): AnswerBlock => ({
  text: "",
  use: { by, id: "t", name, inputText },
});
const turn = (stopReason: string | null, ...blocks: AnswerBlock[]) =>
  turnOf(blocks, { id: "msg", stopReason, usage: undefined, complete: true });

describe("the turn in an answer", () => {
  it("joins text, counts the calls of the model, and only names those run elsewhere", () => {
    expect(
      turn(
        "tool_use",
        text("a"),
        use("{}", "provider", "web_search"),
        text("b"),
        use('{"x":1}'),
        use("{}", "program", "p"),
        use("{}"),
      ),
    ).toMatchObject({
      text: "ab",
      calls: [
        { position: 0, argumentsText: '{"x":1}', kind: "function", choice: 0, truncated: false },
        { position: 1, argumentsText: "{}", truncated: false },
      ],
      providerCalls: ["web_search", "p"],
      finish: "calls",
      choices: 1,
    });
  });

  it("takes the last block of an answer that the limit cut for cut, even if its JSON was closed", () => {
    const truncated = (...blocks: AnswerBlock[]) =>
      turn("max_tokens", ...blocks).calls.map((call) => call.truncated);
    expect(truncated(use("{}"), use('{"city":"Par"}'))).toEqual([false, true]);
    expect(truncated(use('{"city":"Par'), text("x"))).toEqual([true]);
    expect(truncated(use("{}"), text("x"))).toEqual([false]);
    expect(turn("tool_use", use('{"city":"Par')).calls[0]?.truncated).toBe(false);
  });

  it.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["tool_use", "calls"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["refusal", "refusal"],
    ["pause_turn", "other"],
    ["compaction", "other"],
    ["something_new", "other"],
    [null, null],
  ] as const)("says why it stopped: %s -> %s", (reason, finish) => expect(turn(reason).finish).toBe(finish));
});

describe("the usage of an answer", () => {
  it("counts cached input as input, and keeps unknown what was not said", () => {
    expect(
      usageOf({
        input_tokens: 10,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 5,
        output_tokens: 7,
      }),
    ).toEqual({ inputTokens: 115, outputTokens: 7, cacheReadTokens: 100, cacheWriteTokens: 5 });
    expect(usageOf({ input_tokens: 10, cache_read_input_tokens: null })).toEqual({
      inputTokens: 10,
      outputTokens: undefined,
      cacheReadTokens: undefined,
      cacheWriteTokens: undefined,
    });
    expect(usageOf({}).inputTokens).toBeUndefined();
  });
});
