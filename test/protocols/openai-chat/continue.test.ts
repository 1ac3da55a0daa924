import { describe, expect, it } from "vitest";
import type { CallOutcome } from "../../../src/exchange/turn.ts";
import { readAnswer } from "../../../src/protocols/openai-chat/answer.ts";
import {
  assistantMessages,
  continuePrompt,
  resultMessages,
} from "../../../src/protocols/openai-chat/continue.ts";
import { readPrompt } from "../../../src/protocols/openai-chat/read-prompt.ts";
import { ChatStreamReader } from "../../../src/protocols/openai-chat/stream-reader.ts";
import type { AnswerRecord, StreamReader } from "../../../src/protocols/protocol.ts";
import { fixture, framesIn } from "./traffic.ts";

function wholeOf(text: string): AnswerRecord {
  return { kind: "whole", answer: readAnswer(text) };
}

function streamOf(text: string): AnswerRecord & { reader: ChatStreamReader } {
  const reader = new ChatStreamReader();
  for (const frame of framesIn(text)) reader.read(frame);
  return { kind: "stream", reader };
}

function outcomesOf(text: string): CallOutcome[] {
  return readAnswer(text).turn.calls.map((call) => ({ call, text: `no: ${call.name}`, isError: true }));
}

function answerWith(...calls: readonly unknown[]): string {
  const message = { role: "assistant", content: null, tool_calls: calls };
  return JSON.stringify({ choices: [{ index: 0, message, finish_reason: "tool_calls" }] });
}

const calling = (text: string) => ({ id: "a", type: "function", function: { name: "f", arguments: text } });

const choice = (index: number) => ({ index, message: { role: "assistant", content: `answer ${index}` } });

describe("asking again", () => {
  it("appends the turn and the results, and touches nothing else", () => {
    const body = '{ "messages": [ {"role":"user","content":"u"} ], "temperature": 1.0 }';
    const text = answerWith(calling("{}"));
    const message = JSON.stringify({ role: "assistant", content: null, tool_calls: [calling("{}")] });
    expect(continuePrompt(readPrompt(body), wholeOf(text), outcomesOf(text))).toBe(
      `{ "messages": [ {"role":"user","content":"u"},${message},{"role":"tool","tool_call_id":"a","content":"no: f"} ], "temperature": 1.0 }`,
    );
  });

  it("keeps the reasoning and whatever else the provider wants back", () => {
    for (const record of [
      wholeOf(fixture("thinking-and-tool-call.json")),
      streamOf(fixture("thinking-and-tool-call.sse")),
    ]) {
      expect(JSON.parse(assistantMessages(record).join())).toMatchObject({
        role: "assistant",
        reasoning_content: expect.stringContaining("The user wants"),
        tool_calls: [{ id: "call_FIXa1" }],
      });
    }
  });

  it.each(['{"a":', "", "[]", '"text"', "7", "null"])(
    "stands for arguments that are no object: %j",
    (text) => {
      expect(
        JSON.parse(assistantMessages(wholeOf(answerWith(calling('{"a":1}'), calling(text)))).join()),
      ).toMatchObject({
        tool_calls: [calling('{"a":1}'), calling("{}")],
      });
    },
  );

  it("keeps the input of a custom tool, which is free text", () => {
    for (const record of [
      wholeOf(fixture("custom-tool-call.json")),
      streamOf(fixture("custom-tool-call.sse")),
    ]) {
      expect(JSON.parse(assistantMessages(record).join())).toMatchObject({
        tool_calls: [{ type: "custom", custom: { input: expect.stringMatching(/^\*\*\* Begin Patch/) } }],
      });
    }
  });

  it("answers the deprecated form of a call in its own form", () => {
    const message = { role: "assistant", content: null, function_call: { name: "f", arguments: "{" } };
    const text = JSON.stringify({ choices: [{ index: 0, message, finish_reason: "function_call" }] });
    expect(JSON.parse(assistantMessages(wholeOf(text)).join())).toMatchObject({
      function_call: { arguments: "{}" },
    });
    expect(resultMessages(outcomesOf(text))).toEqual(['{"role":"function","name":"f","content":"no: f"}']);
  });

  it("takes the first answer, wherever it stands", () => {
    const text = JSON.stringify({ choices: [choice(1), choice(0)] });
    expect(JSON.parse(assistantMessages(wholeOf(text)).join())).toMatchObject({ content: "answer 0" });
  });

  it("does not guess where there is no message, or the reader is of another protocol", () => {
    expect(() => assistantMessages(wholeOf('{"choices":[]}'))).toThrow("has no message");
    const foreign: StreamReader = {
      read: () => "text",
      ended: true,
      turn: () => readAnswer('{"choices":[]}').turn,
    };
    expect(() => assistantMessages({ kind: "stream", reader: foreign })).toThrow("another protocol");
  });
});
