import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/protocols/anthropic-messages/answer.ts";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";
import {
  assistantMessages,
  continuePrompt,
  resultMessages,
} from "../../../src/protocols/anthropic-messages/turn-messages.ts";
import { callOf, fixture, promptOf, readerOf, streamOf } from "./traffic.ts";

const whole = (body: string) => assistantMessages({ kind: "whole", answer: readAnswer(body) }).join();
const streamed = (stream: string) => assistantMessages({ kind: "stream", reader: readerOf(stream) }).join();

describe("the turn as the provider wants it back", () => {
  it.each(["thinking-and-tool-call", "redacted-thinking-and-tool-call", "mcp-call", "tool-calls-parallel"])(
    "has every block of %s, streamed or whole",
    (name) => {
      const body = fixture(`${name}.json`);
      const message = { role: "assistant", content: (JSON.parse(body) as { content: unknown }).content };
      expect(JSON.parse(whole(body))).toEqual(message);
      expect(JSON.parse(streamed(fixture(`${name}.sse`)))).toEqual(message);
    },
  );

  it("keeps the bytes of thinking, signature and arguments", () => {
    const block = '{"type":"thinking", "signature":"\\u0041\\/", "thinking":"\\u00e9", "n":1.0}';
    expect(whole(`{"content":[ ${block} ]}`)).toBe(`{"role":"assistant","content":[${block}]}`);
  });

  it("mends what the API refuses: input that is no object, and text blocks without text", () => {
    const message = streamed(fixture("length-in-tool-call.sse"));
    expect(JSON.parse(message)).toMatchObject({ content: [{ type: "tool_use", input: {} }] });
    expect(
      whole('{"content":[{"type":"text","text":""},{"type":"tool_use","id":"t","name":"f","input":"x"}]}'),
    ).toBe('{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}');
  });

  it("has the thinking whose text was omitted", () => {
    const events = [
      { type: "message_start", message: { id: "m", content: [] } },
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "thinking", thinking: "", signature: "" },
      },
      { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "sig" } },
      { type: "content_block_stop", index: 0 },
    ];
    expect(streamed(streamOf(events))).toBe(
      '{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"sig"}]}',
    );
  });

  it("does not take the reader of another protocol", () => {
    const reader = {
      ended: true,
      read: () => "text" as const,
      turn: () => readAnswer(fixture("text.json")).turn,
    };
    expect(() => assistantMessages({ kind: "stream", reader })).toThrow(TypeError);
  });
});

describe("asking again", () => {
  const outcomes = [
    { call: callOf("{}", { id: "toolu_a" }), text: "unknown parameter", isError: true },
    { call: callOf("{}", { id: "toolu_b", position: 1 }), text: "not run", isError: false },
  ];

  it("gives all results of a turn in one user message", () => {
    expect(resultMessages(outcomes).map((message) => JSON.parse(message) as unknown)).toEqual([
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_a", content: "unknown parameter", is_error: true },
          { type: "tool_result", tool_use_id: "toolu_b", content: "not run" },
        ],
      },
    ]);
    expect(resultMessages([])).toEqual([]);
  });

  it("appends turn and results, and touches nothing else", () => {
    const body = '{"messages": [ {"role":"user","content":"w?"} ], "x": 1.0}';
    const record = { kind: "whole", answer: readAnswer(fixture("tool-call.json")) } as const;
    const again = continuePrompt(readPrompt(body), record, outcomes);
    const added = [...assistantMessages(record), ...resultMessages(outcomes)].join(",");
    expect(again).toBe(`{"messages": [ {"role":"user","content":"w?"},${added} ], "x": 1.0}`);
  });

  it("can go on asking from there", () => {
    const record = { kind: "stream", reader: readerOf(fixture("thinking-and-tool-call.sse")) } as const;
    const id = "toolu_01Fixture000000000000a1";
    const told = [{ call: callOf("{}", { id }), text: "no", isError: true }];
    const first = readPrompt(
      continuePrompt(promptOf({ messages: [{ role: "user", content: "w?" }] }), record, told),
    );
    const second = readPrompt(continuePrompt(first, record, told));
    expect(second.messages.map(({ role, group }) => [role, group])).toEqual([
      ["user", 0],
      ["assistant", 1],
      ["user", 1],
      ["assistant", 2],
      ["user", 2],
    ]);
  });
});
