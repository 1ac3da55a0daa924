import { describe, expect, it } from "vitest";
import { ledgerDown, leftOverBudget, pinnedTooLarge } from "../../../src/guards/budget/refusal.ts";
import { weigh } from "../../../src/guards/budget/weights.ts";
import {
  anthropicRequest,
  assistant,
  openaiRequest,
  subjectOf,
  system,
  toolTurn,
  user,
  words,
} from "./requests.ts";

const limits = { budgetTokens: 1_900, promptTokensMax: 2_000, answerTokens: 500 };

async function refusalOf(subject: ReturnType<typeof subjectOf>): Promise<string> {
  return pinnedTooLarge(subject, await weigh(subject, 1), limits);
}

describe("pinnedTooLarge", () => {
  it("lists what is pinned, the largest first, and nothing else", async () => {
    const messages = [
      user(words("task", 700)),
      assistant(words("droppable", 5_000)),
      user(words("latest", 900)),
      ...toolTurn(["a"], words("result", 800)),
    ];
    const text = await refusalOf(subjectOf(anthropicRequest(anthropicShape(messages))));
    expect(text).toMatch(
      /takes about 2,\d{3} tokens, and the budget of claude-fable-5-1 is 1,900 \(500 more are kept free for the answer\)/,
    );
    const items = /It consists of: (.*?)\. Shorten/.exec(text)?.[1]?.split(/(?<=\d), (?=the )/);
    expect(items?.map((item) => item.replace(/ [\d,]+$/, ""))).toEqual([
      "the latest user message",
      "the tool calls that are being answered, with their results",
      "the task (the first user message)",
      "the definitions of 1 tools",
      "the system prompt",
    ]);
  });

  it("counts system messages wherever they stand, and what guards append", async () => {
    const messages = [system(words("one", 300)), user("task"), system(words("two", 200))];
    const text = await refusalOf(subjectOf(openaiRequest(messages), { appended: [words("three", 100)] }));
    expect(text).toMatch(/the system prompt 608/);
  });
});

describe("the other words of budget", () => {
  const subject = subjectOf(openaiRequest([user("task")]));

  it("say why nothing could be trimmed, and never to try the same again", () => {
    expect(ledgerDown(subject, 3_000, limits)).toMatch(
      /about 3,000 tokens and gpt-4o takes 2,000 .* Send a shorter history\.$/,
    );
    expect(ledgerDown(subject, 3_000, limits)).not.toMatch(/again|retry/i);
  });

  it("say why a prompt goes on over its budget", () => {
    expect(leftOverBudget(subject, 3_000, limits)).toMatch(
      /its budget is 1,900\. It was not trimmed, because/,
    );
  });
});

/** The same turns as an Anthropic client sends them. */
function anthropicShape(messages: ReturnType<typeof toolTurn>): ReturnType<typeof toolTurn> {
  return messages.map((message) => {
    if (message["role"] === "tool") {
      const { tool_call_id, content } = message;
      return { role: "user", content: [{ type: "tool_result", tool_use_id: tool_call_id, content }] };
    }
    const calls = message["tool_calls"] as readonly { readonly id: string }[] | undefined;
    if (calls === undefined) return message;
    return {
      role: "assistant",
      content: calls.map(({ id }) => ({ type: "tool_use", id, name: "look", input: {} })),
    };
  });
}
