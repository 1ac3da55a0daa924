import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/protocols/gemini/answer.ts";
import {
  assistantMessages,
  continuePrompt,
  resultMessages,
} from "../../../src/protocols/gemini/turn-messages.ts";
import { brokenCallId } from "../../../src/protocols/gemini/turn-building.ts";
import { openaiChat } from "../../../src/protocols/openai-chat/index.ts";
import { callOf, fixture, promptOf } from "./traffic.ts";

const whole = (name: string) => ({ kind: "whole", answer: readAnswer(fixture(`${name}.json`)) }) as const;

describe("a turn that goes back to the model", () => {
  it("is one content with its thoughts and signatures, and one with all results", () => {
    const record = whole("thinking-and-tool-call");
    const [content, ...more] = assistantMessages(record);
    expect(more).toEqual([]);
    const { candidates } = JSON.parse(fixture("thinking-and-tool-call.json")) as {
      candidates: { content: { parts: unknown[] } }[];
    };
    expect(JSON.parse(content!)).toEqual({ role: "model", parts: candidates[0]?.content.parts });
    const outcomes = [
      { call: callOf("{}"), text: "18", isError: false },
      { call: callOf("{}", { id: "", position: 1 }), text: "No.", isError: true },
    ];
    expect(resultMessages(outcomes).map((raw) => JSON.parse(raw) as unknown)).toEqual([
      {
        role: "user",
        parts: [
          { functionResponse: { id: "fn_1", name: "get_weather", response: { output: "18" } } },
          { functionResponse: { name: "get_weather", response: { error: "No." } } },
        ],
      },
    ]);
    expect(resultMessages([])).toEqual([]);
  });

  it("is text on both sides where the call could not be read", () => {
    const record = whole("malformed-function-call");
    expect(assistantMessages(record)).toEqual([
      '{"role":"model","parts":[{"text":"Malformed function call: print(get_weather(city=Paris"}]}',
    ]);
    const outcome = { call: callOf("", { id: brokenCallId }), text: "That is no JSON.", isError: true };
    expect(resultMessages([outcome])).toEqual(['{"role":"user","parts":[{"text":"That is no JSON."}]}']);
  });

  it("is nothing where the model said nothing: the API refuses a content without parts", () => {
    expect(assistantMessages(whole("refusal"))).toEqual([]);
  });

  it("makes a list of a single content that stood there without one", () => {
    const prompt = promptOf({ role: "user", parts: [{ text: "Hi" }] });
    const text = prompt.text.replace(/\[\{"role"(.*)\}\]\}$/, '{"role"$1}}').replace("]}]", "]}");
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    const continued = continuePrompt({ ...prompt, text }, whole("tool-call"), []);
    expect((JSON.parse(continued) as { contents: unknown[] }).contents).toHaveLength(2);
  });

  it("is written by its own protocol only", () => {
    const reader = openaiChat.openReader();
    expect(() => assistantMessages({ kind: "stream", reader })).toThrow(TypeError);
  });
});
