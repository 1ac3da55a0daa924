import { describe, expect, it } from "vitest";
import { layoutOf, readPrompt } from "../../../src/protocols/openai-chat/read-prompt.ts";
import { fixture, promptOf } from "./traffic.ts";

describe("reading a request", () => {
  it("finds everything in an agent's request", () => {
    const prompt = readPrompt(fixture("requests/agent.json"));
    expect(prompt).toMatchObject({ model: "gpt-5.4-mini", stream: true, choices: 1, answerTokensMax: 256 });
    expect(prompt.offers.map(({ name, kind, strict }) => [name, kind, strict])).toEqual([
      ["get_weather", "function", true],
      ["no_args", "function", false],
      ["run_sql", "custom", false],
    ]);
    expect(prompt.messages.map(({ role, group }) => [role, group])).toEqual([
      ["system", 0],
      ["system", 1],
      ["user", 2],
      ["assistant", 3],
      ["tool", 3],
      ["tool", 3],
      ["user", 4],
    ]);
    expect(prompt.parts.map(({ kind, pinned }) => [kind, pinned])).toEqual([
      ["tools", true],
      ["system", true],
      ["system", true],
      ["text", true],
      ["call", false],
      ["result", false],
      ["result", false],
      ["text", true],
    ]);
    expect(prompt.parts[3]?.media).toEqual([{ kind: "image", base64: expect.stringMatching(/^iVBOR/) }]);
    expect(prompt.messages[3]?.callIds).toEqual(["call_FIXa1", "call_FIXc3"]);
    expect(prompt.parts[6]?.result).toEqual({ callId: "call_FIXc3", toolName: "run_sql", isError: false });
  });

  it("takes the provider's defaults where the request says nothing", () => {
    expect(readPrompt('{"messages":[]}')).toMatchObject({
      model: "",
      stream: false,
      choices: 1,
      answerTokensMax: undefined,
      offers: [],
      messages: [],
      parts: [],
    });
  });

  it("knows how many answers are asked for, and the older name of the limit", () => {
    const prompt = readPrompt('{"n":3,"max_tokens":17,"max_completion_tokens":null,"messages":[]}');
    expect(prompt).toMatchObject({ choices: 3, answerTokensMax: 17 });
  });

  it("links messages and parts both ways", () => {
    const { messages, parts } = readPrompt(fixture("requests/agent.json"));
    for (const { index, partsFrom, partsTo } of messages) {
      expect(parts.slice(partsFrom, partsTo).map(({ message }) => message)).toEqual([index]);
    }
    expect(parts.map(({ index }) => index)).toEqual(parts.keys().toArray());
  });

  it("places what is derived from a message where the message stands in this request", () => {
    const one = promptOf({ role: "user", content: "same" });
    const two = promptOf({ role: "user", content: "other" }, { role: "user", content: "same" });
    expect(two.messages[1]?.hash).toBe(one.messages[0]?.hash);
    const { span, original } = two.parts[1]!;
    expect(two.text.slice(span.start, span.end)).toBe(original);
  });

  it.each([
    ['{"messages":[{"role":"user","content":"\u0001"}]}', "at position 39, found the character U+0001"],
    ['{"messages":[],"metadata":{"a":tru}}', 'Expected a value at position 31, found "t".'],
    ['{"messages":[],"tools":[{"type":"function",}]}', "Expected a name in quotes at position 43"],
    ['{"messages":[{"role":"user"} {"role":"user"}]}', 'Expected "," or "]" at position 29'],
    ['{"messages":["hi"]}', "messages[0] is not an object."],
    ["{}", 'The request has no array "messages".'],
  ])("says what is wrong, and where: %s", (body, sentence) => {
    expect(() => readPrompt(body)).toThrow(sentence);
    expect(() => readPrompt(body)).toThrow(
      expect.objectContaining({ code: "request_malformed", status: 400 }),
    );
  });

  it("finds the layout again for a prompt that was copied", () => {
    const prompt = promptOf({ role: "user", content: "a" });
    expect(layoutOf(prompt)).toBe(layoutOf(prompt));
    // The text is made when it is asked for, so a copy takes it along by name.
    const copy = { ...prompt, text: prompt.text };
    expect(layoutOf(copy).elements("messages")).toEqual(layoutOf(prompt).elements("messages"));
  });
});
