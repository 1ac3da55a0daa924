import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chainOf, chainStart, conversationId } from "../../src/proxy/chains.ts";
import { chainNext } from "../../src/text/hash.ts";
import { promptOf, result, said, use, user } from "./support/messages-prompt.ts";

const history = [user("Find it"), said(use("t1", { q: "a", n: 1 })), result("t1", "found")];

describe("the chain of a prompt", () => {
  const chain = chainOf(promptOf(history), "anthropic");

  it("grows with the conversation: what came before keeps its links", () => {
    const longer = chainOf(promptOf([...history, said({ type: "text", text: "Done." })]), "anthropic");
    expect(longer).toHaveLength(4);
    expect(longer.slice(0, 3)).toEqual(chain);
  });

  it("is the same however a client serialises the messages", () => {
    const rewritten = [
      { content: [{ text: "Find it", type: "text" }], role: "user" },
      {
        content: [{ input: { n: 1, q: "a" }, id: "t1", type: "tool_use", name: "search" }],
        role: "assistant",
      },
      result("t1", "found"),
    ];
    expect(chainOf(promptOf(rewritten), "anthropic")).toEqual(chain);
  });

  it("is another one from the first message that differs on", () => {
    const other = chainOf(promptOf([history[0], said(use("t1", { q: "b" })), history[2]]), "anthropic");
    expect(other[0]).toBe(chain[0]);
    expect(other[1]).not.toBe(chain[1]);
    expect(other[2]).not.toBe(chain[2]);
  });

  it.each([
    ["target", promptOf(history), "another"],
    ["system prompt", promptOf(history, { system: "Be brief." }), "anthropic"],
    ["tools", promptOf(history, { tools: [] }), "anthropic"],
  ])("begins elsewhere for another %s", (_what, prompt, target) => {
    expect(chainStart(prompt, target)).not.toBe(chainStart(promptOf(history), "anthropic"));
    expect(chainOf(prompt, target)[0]).not.toBe(chain[0]);
  });
});

const idOf = (messages: readonly unknown[]): string => {
  const prompt = promptOf(messages);
  return conversationId(prompt, "anthropic", chainOf(prompt, "anthropic"));
};

describe("the id of a conversation", () => {
  it("is the same from its first turn to its last", () => {
    const ids = [1, 2, 3].map((turns) => idOf(history.slice(0, turns)));
    expect(new Set(ids).size).toBe(1);
    expect(idOf([...history, user("And now?")])).toBe(ids[0]);
  });

  it("is another one for another task", () => {
    expect(idOf([user("Find something else")])).not.toBe(idOf(history));
  });

  it("stands on the whole chain where there is no task yet", () => {
    expect(idOf([])).toBe(chainStart(promptOf([]), "anthropic"));
    expect(idOf([result("t1", "found")])).not.toBe(idOf([]));
  });
});

describe("a chain of which something is remembered", () => {
  it("has the links that one made anew has, after any other", () => {
    const message = fc.oneof(
      fc.constantFrom("a", "b").map(user),
      fc.constantFrom("x", "y").map((text) => said({ type: "text", text })),
    );
    const anyHistory = fc.array(message, { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(anyHistory, { minLength: 1, maxLength: 8 }), (histories) => {
        for (const messages of histories) {
          const prompt = promptOf(messages, { system: "for any chain" });
          let link = chainStart(prompt, "anthropic");
          const anew = prompt.messages.map(({ hash }) => (link = chainNext(link, hash)));
          expect(chainOf(prompt, "anthropic")).toEqual(anew);
        }
      }),
    );
  });
});
