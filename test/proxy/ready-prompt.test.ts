import { describe, expect, it, vi } from "vitest";
import { openaiChat } from "../../src/protocols/openai-chat/index.ts";
import { ReadyPrompt } from "../../src/proxy/ready-prompt.ts";
import type { PromptEdit } from "../../src/exchange/prompt.ts";

const body = JSON.stringify({
  model: "m",
  messages: [{ role: "user", content: "Hi" }],
  tools: ["a", "b"].map((name) => ({ type: "function", function: { name } })),
});

function ready(edits: readonly PromptEdit[]) {
  const readPrompt = vi.fn(openaiChat.readPrompt);
  const shown = openaiChat.readPrompt(body, "/v1/chat/completions");
  const rest = { conversation: "c", shownChain: [], shownChainStart: "", interventions: [] };
  return {
    readPrompt,
    shown,
    one: new ReadyPrompt({ ...openaiChat, readPrompt }, { shown, truth: shown, edits, ...rest }),
  };
}

describe("a request as it goes to the model", () => {
  it("is the client's very text where nothing was edited", () => {
    const { one, shown, readPrompt } = ready([]);
    expect(Buffer.from(one.body).toString()).toBe(body);
    expect(one.changed).toBe(false);
    expect(one.prompt).toBe(shown);
    expect(readPrompt).not.toHaveBeenCalled();
  });

  it("is read again only when somebody asks, and once", () => {
    const { one, readPrompt } = ready([{ kind: "append-system", text: "Be brief." }]);
    expect(one.changed).toBe(true);
    expect(one.offers.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(readPrompt).not.toHaveBeenCalled();
    expect(one.prompt.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(one.prompt).toBe(one.prompt);
    expect(readPrompt).toHaveBeenCalledTimes(1);
  });

  it("offers what was left after a refusal", () => {
    const { one } = ready([{ kind: "remove-offer", offer: 0 }]);
    expect(one.offers.map(({ name }) => name)).toEqual(["b"]);
  });
});
