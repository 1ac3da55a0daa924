import { describe, expect, it } from "vitest";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";
import { fixture, promptOf } from "./traffic.ts";

const choice = (tool_choice: unknown) => promptOf({ messages: [], tool_choice }).toolChoice;

describe("reading a request", () => {
  const body = fixture("requests/messages.json");
  const prompt = readPrompt(body);

  it("finds model, mode, limit and choice of tools", () => {
    expect(prompt).toMatchObject({
      text: body,
      model: "claude-sonnet-5-5",
      stream: true,
      choices: 1,
      answerTokensMax: 1024,
      toolChoice: { kind: "auto" },
    });
  });

  it("finds every part with its place, in the order in which the model reads", () => {
    expect(prompt.parts.map(({ kind, role, message }) => [kind, role, message])).toEqual([
      ["tools", "system", -1],
      ["system", "system", -1],
      ["text", "user", 0],
      ["media", "user", 0],
      ["thinking", "assistant", 1],
      ["text", "assistant", 1],
      ["call", "assistant", 1],
      ["result", "tool", 2],
      ["text", "user", 2],
      ["system", "system", 3],
    ]);
    for (const [index, part] of prompt.parts.entries()) {
      expect(part.index).toBe(index);
      expect(body.slice(part.span.start, part.span.end)).toBe(part.original);
    }
    expect(prompt.parts[7]).toMatchObject({
      texts: ["18C"],
      result: { callId: "toolu_01Fixture000000000000a1", toolName: "get_weather", isError: false },
    });
    expect(prompt.parts[3]?.media[0]?.base64).toMatch(/^iVBOR/);
  });

  it("finds every message, its parts and its group", () => {
    expect(
      prompt.messages.map(({ role, group, partsFrom, partsTo, hasCalls, hasResults, hasUserContent }) => ({
        role,
        group,
        parts: partsTo - partsFrom,
        has: [hasCalls, hasResults, hasUserContent],
      })),
    ).toEqual([
      { role: "user", group: 0, parts: 2, has: [false, false, true] },
      { role: "assistant", group: 1, parts: 3, has: [true, false, false] },
      { role: "user", group: 1, parts: 2, has: [false, true, true] },
      { role: "system", group: 2, parts: 1, has: [false, false, false] },
    ]);
    expect(prompt.messages[1]?.callIds).toEqual(["toolu_01Fixture000000000000a1"]);
    for (const { span } of prompt.messages)
      expect(JSON.parse(body.slice(span.start, span.end))).toBeTypeOf("object");
  });

  it("finds the offers, and which of them the provider defines", () => {
    expect(prompt.offers.map(({ index, name, kind }) => [index, name, kind])).toEqual([
      [0, "get_weather", "function"],
      [1, "bash", "provider"],
      [2, "web_search", "provider"],
      [3, "tool_search_tool_bm25", "provider"],
    ]);
    expect(JSON.parse(prompt.offers[0]?.schemaText ?? "")).toMatchObject({ required: ["city", "unit"] });
    expect(prompt.offers[0]?.strict).toBe(true);
  });

  it("follows changes of the offered tools through the conversation", () => {
    const beta = readPrompt(fixture("requests/messages-beta.json"));
    expect(beta.offers.map(({ name }) => name)).toEqual(["weather"]);
    const definition = { name: "g", description: "G", input_schema: { type: "object" } };
    const added = promptOf({
      tools: [{ name: "f", input_schema: {} }],
      messages: [
        { role: "user", content: "hi" },
        {
          role: "system",
          content: [{ type: "tool_addition", tool: { type: "tool_definition", definition } }],
        },
      ],
    });
    expect(added.offers.map(({ index, name }) => [index, name])).toEqual([
      [0, "f"],
      [1, "g"],
    ]);
    const span = added.offers[1]?.span;
    expect(JSON.parse(added.text.slice(span?.start, span?.end))).toMatchObject({ type: "tool_addition" });
  });

  it("reads every form of tool_choice", () => {
    expect(choice({ type: "any" })).toEqual({ kind: "required" });
    expect(choice({ type: "none" })).toEqual({ kind: "none" });
    expect(choice({ type: "tool", name: "f" })).toEqual({ kind: "named", names: ["f"] });
    expect(choice(undefined)).toEqual({ kind: "auto" });
  });

  it("pins system, tools, task, latest user message and the running tool loop", () => {
    const call = { type: "tool_use", id: "t", name: "f", input: {} };
    const result = { type: "tool_result", tool_use_id: "t", content: "x" };
    const long = promptOf({
      system: "S",
      tools: [{ name: "f", input_schema: {} }],
      messages: [
        { role: "user", content: "task" },
        { role: "assistant", content: [call] },
        { role: "user", content: [result] },
        { role: "assistant", content: "done" },
        { role: "user", content: "more" },
        { role: "assistant", content: [call] },
        { role: "user", content: [result] },
        { role: "assistant", content: [call] },
        { role: "user", content: [result] },
      ],
    });
    const pinned = long.parts.filter((part) => part.pinned).map(({ message }) => message);
    expect(pinned).toEqual([-1, -1, 0, 4, 7, 8]);
    expect(long.messages.map(({ group }) => group)).toEqual([0, 1, 1, 2, 3, 4, 4, 5, 5]);
  });

  it("shares what it derived between the turns of a conversation", () => {
    const first = { role: "user", content: "A task that is told once." };
    const one = promptOf({ messages: [first] });
    const two = promptOf({ messages: [first, { role: "assistant", content: "Done." }] });
    expect(two.parts[0]?.texts).toBe(one.parts[0]?.texts);
    expect(two.messages[0]?.hash).toBe(one.messages[0]?.hash);
  });

  it("leaves it to the provider to complain about missing members", () => {
    expect(readPrompt("{}")).toMatchObject({ model: "", stream: false, messages: [], offers: [], parts: [] });
    expect(promptOf({ model: 7, max_tokens: "many", messages: null })).toMatchObject({
      model: "",
      messages: [],
    });
  });

  it.each([
    "{",
    '{"messages":[{"role":"user","content":[{"type":"text","text":"a}]}]}',
    '{"metadata":{"user_id":nul},"messages":[]}',
    '{"messages":[{"role":"user","content":[{"type":"text","text":"\u0000"}]}]}',
    `{"messages":[{"role":"user","content":${"[".repeat(20_000)}${"]".repeat(20_000)}}]}`,
  ])("refuses a body that is not JSON", (malformed) => {
    expect(() => readPrompt(malformed)).toThrowError(expect.objectContaining({ code: "request_malformed" }));
  });

  it.each([
    ["{}", []],
    ['{"thread":null}', []],
    ['{"thread":{"type":"create"}}', [{ kind: "conversation", id: null }]],
    ['{"thread":{"type":"continue","previous_message_id":"msg_1"}}', [{ kind: "answer", id: "msg_1" }]],
  ])("says what the provider keeps of the conversation: %s", (request, kept) => {
    expect(readPrompt(request).kept).toEqual(kept);
  });
});
