import { describe, expect, it } from "vitest";
import { weigh, weightAtMost } from "../../../src/guards/budget/weights.ts";
import { countTokens } from "../../../src/text/tokens.ts";
import {
  anthropicRequest,
  openaiRequest,
  subjectOf,
  system,
  toolTurn,
  user,
  words,
  type WireMessage,
} from "./requests.ts";

function thought(thinking: string): WireMessage {
  return {
    role: "assistant",
    content: [
      { type: "thinking", thinking, signature: "s" },
      { type: "text", text: "yes" },
    ],
  };
}

describe("weigh", () => {
  it("counts what each message says, and what stands outside of them", async () => {
    const prompt = anthropicRequest([user(words("task", 100)), { role: "assistant", content: "yes" }]);
    const weights = await weigh(subjectOf(prompt), 1);
    expect(weights.messages.map(({ said }) => said)).toEqual([104, 5]);
    expect(weights.system).toBe(countTokens("Be brief."));
    const tools = prompt.parts.find((part) => part.kind === "tools")?.original ?? "";
    expect(weights.tools).toBe(countTokens(tools));
    expect((await weigh(subjectOf(prompt, { appended: [words("rule", 50)] }), 1)).system).toBe(
      weights.system + 50,
    );
  });

  it("multiplies by the ratio and rounds up", async () => {
    const prompt = openaiRequest([user(words("task", 100))]);
    expect((await weigh(subjectOf(prompt), 1.3)).messages[0]?.said).toBe(136);
    expect((await weigh(subjectOf(prompt), 1.25)).messages[0]?.said).toBe(130);
  });

  it("counts calls with their arguments, and something more for each call and each result", async () => {
    const one = await weigh(subjectOf(openaiRequest([user("x"), ...toolTurn(["a"], "seen")])), 1);
    const two = await weigh(subjectOf(openaiRequest([user("x"), ...toolTurn(["a", "b"], "seen")])), 1);
    expect((two.messages[1]?.said ?? 0) - (one.messages[1]?.said ?? 0)).toBeGreaterThanOrEqual(20);
    expect(one.messages[2]?.said).toBe(4 + 16 + 1);
  });

  it("counts thinking for itself; where no word of it is shown, its signature", async () => {
    const prompt = anthropicRequest([user("x"), thought(words("hm", 30)), user("y"), thought(""), user("z")]);
    const { messages } = await weigh(subjectOf(prompt), 1);
    expect(messages.map((message) => message.thinking)).toEqual([0, 30, 0, 1, 0]);
    expect(messages.map((message) => message.holdsThinking)).toEqual([false, true, false, true, false]);
  });

  it("counts an image as one, and never its Base64 as text", async () => {
    const image = { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(100_000)}` } };
    const prompt = openaiRequest([{ role: "user", content: [{ type: "text", text: "what is it" }, image] }]);
    expect((await weigh(subjectOf(prompt), 1)).messages[0]?.said).toBe(4 + 3 + 85 + 8 * 170);
  });

  it("counts a block that it does not know whole", async () => {
    const unknown = { type: "brand_new", note: words("note", 200) };
    const prompt = anthropicRequest([{ role: "user", content: [unknown] }]);
    expect((await weigh(subjectOf(prompt), 1)).messages[0]?.said).toBeGreaterThan(200);
  });

  it("leaves out what an earlier guard dropped", async () => {
    const subject = subjectOf(openaiRequest([system("rules"), user(words("x", 100))]));
    const parts = subject.parts.map((part) => ({ ...part, dropped: part.role === "user" }));
    expect((await weigh({ ...subject, parts }, 1)).messages[1]?.said).toBe(4);
  });
});

describe("weightAtMost", () => {
  it("is never below the count", async () => {
    for (const text of [
      words("x", 100),
      "🏴󠁧󠁢󠁥󠁮󠁧󠁿".repeat(50),
      "龘靐齉".repeat(50),
      "\u{10ffff}".repeat(50),
      "\ud800".repeat(50),
    ]) {
      const subject = subjectOf(openaiRequest([user(text)]), { appended: [text] });
      const { system: rules, tools, messages } = await weigh(subject, 1.7);
      const counted = messages.reduce((sum, { said, thinking }) => sum + said + thinking, rules + tools);
      expect(weightAtMost(subject, 1.7)).toBeGreaterThanOrEqual(counted);
    }
  });
});

describe("what was weighed before", () => {
  it("weighs the same again, also while it is being counted for another request", async () => {
    const prompt = openaiRequest([user(words("long", 40_000)), ...toolTurn(["a"], words("seen", 70))]);
    const [first, second] = await Promise.all([weigh(subjectOf(prompt), 1), weigh(subjectOf(prompt), 1)]);
    expect(second).toEqual(first);
    expect(await weigh(subjectOf(prompt), 1)).toEqual(first);
    expect(first.messages[0]?.said).toBe(40_004);
  });

  it("weighs otherwise as another kind of part, or with other words around", async () => {
    const prompt = openaiRequest([user("x")]);
    const texts = ["one two"];
    const [tools, said] = prompt.parts.map((part) => ({
      ...part,
      texts,
      currentTexts: texts,
      dropped: false,
    }));
    if (tools === undefined || said === undefined) throw new Error("two parts");
    const { messages, tools: weight } = await weigh(subjectOf(prompt, { parts: [tools, said] }), 1);
    expect(messages[0]?.said).toBe(4 + 2);
    expect(weight).toBe(countTokens(tools.original));
    const other = { ...tools, original: `${tools.original} and more` };
    expect((await weigh(subjectOf(prompt, { parts: [other, said] }), 1)).tools).toBe(
      countTokens(other.original),
    );
  });
});
