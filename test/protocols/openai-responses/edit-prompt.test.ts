import { describe, expect, it } from "vitest";
import type { PromptEdit } from "../../../src/exchange/prompt.ts";
import { editPrompt } from "../../../src/protocols/openai-responses/edit-prompt.ts";
import { callItem, conversation, outputItem, promptOf, type Json } from "./traffic.ts";
import { readPrompt } from "../../../src/protocols/openai-responses/read-prompt.ts";

function edited(body: string, ...edits: PromptEdit[]): Json {
  return JSON.parse(editPrompt(readPrompt(body), edits)) as Json;
}
const append: PromptEdit = { kind: "append-system", text: "Added." };

describe("text at the end of the system prompt", () => {
  it.each([
    [{ input: "Hi" }, { instructions: "Added." }],
    [{ instructions: "Be brief.", input: "Hi" }, { instructions: "Be brief.\n\nAdded." }],
    [{ instructions: "", input: "Hi" }, { instructions: "Added." }],
    [
      { input: [{ role: "developer", content: "A." }] },
      { input: [{ role: "developer", content: "A.\n\nAdded." }] },
    ],
    [
      { input: [{ role: "system", content: [{ type: "input_text", text: "A." }] }] },
      { input: [{ content: [{ text: "A." }, { type: "input_text", text: "Added." }] }] },
    ],
    [
      {
        instructions: "I.",
        input: [
          { type: "additional_tools", role: "developer", tools: [] },
          { role: "user", content: "Hi" },
        ],
      },
      { instructions: "I.\n\nAdded." },
    ],
    [
      { prompt: { id: "pmpt_1" }, input: "Hi" },
      {
        input: [
          { role: "developer", content: "Added." },
          { role: "user", content: "Hi" },
        ],
      },
    ],
  ])("stands where the client has its own: %j", (body, expected) => {
    const after = edited(JSON.stringify(body), append);
    expect(after).toMatchObject(expected);
    expect("instructions" in after).toBe("instructions" in expected);
  });
});

describe("reasoning that leaves", () => {
  it("takes the ids with it that tie items to it, and nothing else", () => {
    const { input } = edited(conversation, { kind: "drop-thinking", from: 0, to: 99 });
    expect(input.map((item: Json) => item["type"])).not.toContain("reasoning");
    expect(JSON.stringify(input)).not.toMatch(/"(msg|fc)_/);
    expect(input.find((item: Json) => item["call_id"] === "call_1")).toMatchObject({
      name: "get_weather",
      status: "completed",
    });
  });

  it("leaves a turn alone that has none", () => {
    const body = JSON.stringify({ input: [callItem("c1", { id: "fc_1" }), outputItem("c1")] });
    expect(editPrompt(readPrompt(body), [{ kind: "drop-thinking", from: 0, to: 2 }])).toBe(body);
  });
});

describe("edits of one request", () => {
  it("add what it has not in one go", () => {
    const after = edited('{"previous_response_id":"r"}', append, {
      kind: "insert",
      after: -1,
      role: "user",
      text: "Hi",
    });
    expect(after).toEqual({
      previous_response_id: "r",
      input: [{ role: "user", content: "Hi" }],
      instructions: "Added.",
    });
  });

  it("touch nothing inside of what leaves", () => {
    const search = {
      type: "tool_search_output",
      call_id: "s",
      execution: "client",
      tools: [{ type: "function", name: "f" }],
    };
    const prompt = promptOf([
      { type: "tool_search_call", call_id: "s", execution: "client" },
      search,
      callItem("c1"),
      outputItem("c1"),
    ]);
    const result = prompt.parts.find(({ kind }) => kind === "result")!;
    const body = editPrompt(prompt, [
      { kind: "drop-messages", from: 0, to: 4 },
      { kind: "result-texts", part: result.index, texts: ["x"] },
      { kind: "remove-offer", offer: 0 },
      { kind: "rewrite-offer", offer: 0, description: "y" },
    ]);
    expect(JSON.parse(body)).toEqual({ model: "gpt-5.4", input: [] });
  });

  it("refuse texts for what is no result", () => {
    expect(() => editPrompt(promptOf("Hi"), [{ kind: "result-texts", part: 0, texts: [] }])).toThrow(
      "is no result",
    );
  });
});
