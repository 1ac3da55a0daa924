import { describe, expect, it } from "vitest";
import { openaiChat } from "../../src/protocols/openai-chat/index.ts";
import type { NewFact } from "../../src/exchange/fact.ts";
import type { TurnCall } from "../../src/exchange/turn.ts";
import { chainNext } from "../../src/text/hash.ts";
import { ModelCall } from "../../src/proxy/model-call.ts";
import { WrittenVerdicts } from "../../src/proxy/verdict-record.ts";
import { chainOf, chainStart } from "../../src/proxy/chains.ts";

const call: TurnCall = {
  id: "call_1",
  name: "f",
  kind: "function",
  argumentsText: '{"a":1}',
  choice: 0,
  position: 0,
  truncated: false,
};

describe("the splice of an answer", () => {
  it("is found by what the client will send back, in its own spelling", async () => {
    const user = { role: "user", content: "Hi" };
    const asked = openaiChat.readPrompt(
      JSON.stringify({ model: "m", messages: [user] }),
      "/v1/chat/completions",
    );
    const written: { conversation: string; facts: readonly NewFact[] }[] = [];
    const conversations = {
      append: (_caller: unknown, conversation: string, facts: readonly NewFact[]) => {
        written.push({ conversation, facts });
        return Promise.resolve(true);
      },
    };
    const shownChain = chainOf(asked, "t");
    const ready = { conversation: "c", shownChain, shownChainStart: chainStart(asked, "t") };
    const one = new ModelCall(
      { conversations, writtenVerdicts: new WrittenVerdicts() } as never,
      { inbound: {} as never },
      { caller: { tenant: "local", run: { id: null, stage: null, attempt: null } } } as never,
      {} as never,
      openaiChat,
      ready as never,
    );
    expect(await one.recordSplice({ text: "So:", calls: [call] }, ["{}"])).toBe(true);

    const spelled = { id: "call_1", type: "function", function: { name: "f", arguments: '{ "a" : 1.0 }' } };
    const back = {
      role: "assistant",
      content: [{ type: "text", text: "So:" }],
      tool_calls: [spelled],
      refusal: null,
    };
    const next = openaiChat.readPrompt(
      JSON.stringify({ model: "m", messages: [user, back] }),
      "/v1/chat/completions",
    );
    const [fact] = written[0]?.facts ?? [];
    expect(written[0]?.conversation).toBe("c");
    expect(fact).toMatchObject({
      kind: "splice",
      value: { shown: chainOf(next, "t")[1], before: shownChain[0], callIds: ["call_1"], truth: ["{}"] },
    });
    expect(chainOf(next, "t")[1]).not.toBe(chainNext(shownChain[0] ?? "", "other"));
  });
});
