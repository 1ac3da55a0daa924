import { describe, expect, it } from "vitest";
import type { Turn } from "../../src/exchange/turn.ts";
import { answerUsage } from "../../src/proxy/answer-usage.ts";
import { openaiRequest, user } from "../guards/budget/requests.ts";

const prompt = openaiRequest([user("How many words has this request?")]);
const call = { id: "1", name: "look", kind: "function", argumentsText: '{"at":"it"}' } as const;
const turn: Turn = {
  id: "a",
  text: "I count them one by one.",
  calls: [{ ...call, choice: 0, position: 0, truncated: false }],
  providerCalls: [],
  finish: "calls",
  usage: { inputTokens: 50, outputTokens: 20, cacheReadTokens: 10, cacheWriteTokens: 5 },
  choices: 1,
  complete: true,
};

describe("the tokens of an answer", () => {
  it("are those that the upstream said, and nothing is counted", () => {
    const usage = answerUsage(turn, () => {
      throw new Error("asked for the prompt");
    });
    expect(usage).toBe(turn.usage);
  });

  it("are counted from the text where the upstream said none", async () => {
    const usage = await answerUsage({ ...turn, usage: undefined }, () => prompt);
    // The tools, the user's eight tokens; and the text, the name and the arguments of the answer.
    expect(usage.inputTokens).toBeGreaterThan(8);
    expect(usage.inputTokens).toBeLessThan(60);
    expect(usage.outputTokens).toBeGreaterThan(10);
    expect(usage.outputTokens).toBeLessThan(25);
  });

  it.each([-1_000_000, Infinity, 1e300])("are counted where the upstream says %d", async (count) => {
    const told = { inputTokens: count, outputTokens: count, cacheReadTokens: count, cacheWriteTokens: count };
    const usage = await answerUsage({ ...turn, usage: told }, () => prompt);
    const whole = await answerUsage({ ...turn, usage: undefined }, () => prompt);
    expect(usage).toEqual(whole);
    expect(usage.inputTokens).toBeGreaterThan(0);
  });

  it("are, of an answer that was cut, at least what had come", async () => {
    const usage = { inputTokens: 50, outputTokens: 1, cacheReadTokens: 10, cacheWriteTokens: undefined };
    const cut = await answerUsage({ ...turn, usage, complete: false }, () => prompt);
    expect(cut).toMatchObject({ inputTokens: 50, cacheReadTokens: 10 });
    expect(cut.outputTokens).toBeGreaterThan(10);
    const told = { ...usage, outputTokens: 500 };
    expect(await answerUsage({ ...turn, usage: told, complete: false }, () => prompt)).toMatchObject({
      outputTokens: 500,
    });
  });
});
