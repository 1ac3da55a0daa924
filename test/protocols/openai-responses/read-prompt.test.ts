import { describe, expect, it } from "vitest";
import {
  definitionsIn,
  itemsOf,
  layoutOf,
  readPrompt,
} from "../../../src/protocols/openai-responses/read-prompt.ts";
import { callItem, conversation, fixture, outputItem, promptOf } from "./traffic.ts";

describe("a request of the Responses API", () => {
  it("may say everything in one text", () => {
    const { messages, parts } = promptOf("Hello");
    expect(messages).toMatchObject([{ role: "user", hasUserContent: true }]);
    expect(parts).toMatchObject([{ kind: "text", texts: ["Hello"], original: '"Hello"', pinned: true }]);
    expect(promptOf([{ role: "user", content: "Hello" }]).messages[0]?.hash).toBe(messages[0]?.hash);
  });

  it("says how it wants to be answered", () => {
    const prompt = readPrompt(fixture("requests/responses.json"));
    expect(prompt).toMatchObject({ model: "gpt-5.4-mini", stream: true, choices: 1, answerTokensMax: 512 });
    expect(prompt.offers.map(({ name }) => name)).toEqual([
      "get_weather",
      "run_sql",
      "crm.find",
      "weather",
      "web_search",
      "tool_search",
    ]);
    expect(prompt.parts.slice(0, 2).map(({ kind }) => kind)).toEqual(["tools", "system"]);
  });

  it("names what the provider keeps", () => {
    expect(readPrompt(fixture("requests/responses-stateful.json")).kept).toEqual([
      { kind: "answer", id: "resp_0f1x7ure000000000000000000000001" },
    ]);
    expect(promptOf("Hi", { conversation: { id: "conv_1" } }).kept).toEqual([
      { kind: "conversation", id: "conv_1" },
    ]);
    expect(promptOf([{ type: "item_reference", id: "rs_1" }]).kept).toEqual([{ kind: "item", id: "rs_1" }]);
    expect(readPrompt(conversation).kept).toEqual([]);
  });

  it("never lets go of a result whose call the provider keeps", () => {
    const input = [
      outputItem("c1"),
      { role: "user", content: "Task" },
      { role: "assistant", content: "Fine." },
      { role: "user", content: "Go on." },
    ];
    const leaning = promptOf(input, { previous_response_id: "resp_1" });
    expect(new Set(leaning.messages.map(({ group }) => group)).size).toBe(1);
    expect(leaning.parts.every(({ pinned }) => pinned)).toBe(true);
    expect(promptOf(input).parts[0]?.pinned).toBe(false);
  });

  it("keeps a summary of what came before it, and offers on the way", () => {
    const compaction = { type: "compaction", id: "cmp_1", encrypted_content: "x" };
    const late = { type: "additional_tools", role: "developer", tools: [{ type: "function", name: "late" }] };
    const { messages, parts, offers } = promptOf([
      compaction,
      { role: "user", content: "Hi" },
      late,
      { role: "user", content: "On" },
    ]);
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "system", "user"]);
    expect(parts.map(({ pinned }) => pinned)).toEqual([true, true, true, true]);
    expect(offers.map(({ name }) => name)).toEqual(["late"]);
  });

  it("begins another conversation with other instructions, tools or stored prompts", () => {
    const heads = [{}, { instructions: "a" }, { tools: [] }, { prompt: { id: "p" } }].map(
      (more) => promptOf("Hi", more).headHash,
    );
    expect(new Set(heads).size).toBe(heads.length);
    expect(promptOf("Hi", { temperature: 0 }).headHash).toBe(heads[0]);
  });

  it("does no work again on a history that it has read", () => {
    const items = [{ role: "user", content: "Hi" }, callItem("c1"), outputItem("c1")];
    const first = promptOf(items);
    const second = promptOf([...items, { role: "user", content: "And?" }]);
    const shapes = [first, second].map((prompt) => itemsOf(layoutOf(prompt)));
    expect(shapes[1]?.slice(0, 3).every((shape, index) => shape === shapes[0]?.[index])).toBe(true);
    expect(definitionsIn(layoutOf(first), shapes[0] ?? [])).toEqual([]);
  });

  it.each(['{"input":[{"a":1,}]}', '{"input":[],"x":[1,]}', '{"input":[],"tools":[{]}'])(
    "is JSON in all its parts: %s",
    (body) => {
      expect(() => readPrompt(body)).toThrow("not valid JSON");
    },
  );
});

describe("a prompt that is stored at the provider", () => {
  it("may offer tools that stand nowhere here", () => {
    expect(readPrompt('{"prompt":{"id":"pmpt_1"},"input":"Hi"}').offersElsewhere).toBe(true);
    expect(readPrompt('{"prompt":null,"input":"Hi"}').offersElsewhere).toBeUndefined();
  });
});
