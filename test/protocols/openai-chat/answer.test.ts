import { describe, expect, it } from "vitest";
import type { CallChange, TurnCall } from "../../../src/exchange/turn.ts";
import { editAnswer, readAnswer } from "../../../src/protocols/openai-chat/answer.ts";
import { fixture } from "./traffic.ts";

const call = (id: string) => `{"id":"${id}","type":"function","function":{"name":"f","arguments":"{}"}}`;

function choice(members: string, finish = "tool_calls", index = 0): string {
  return `{"index":${index},"message":{"role":"assistant","content":null,${members}},"finish_reason":"${finish}"}`;
}

function answerOf(...choices: string[]): string {
  return `{"id":"a","choices":[${choices.join(", ")}],"x":1.0}`;
}

function changed(text: string, decide: (calls: readonly TurnCall[]) => CallChange[]): string {
  const answer = readAnswer(text);
  return editAnswer(answer, { changes: decide(answer.turn.calls), addOutputTokens: 0, comment: undefined });
}

const dropAll = (calls: readonly TurnCall[]): CallChange[] =>
  calls.map((one) => ({ kind: "drop", call: one }));

describe("reading a whole answer", () => {
  it("finds text, calls, reason and usage", () => {
    expect(readAnswer(fixture("text-and-tool-call.json")).turn).toEqual({
      id: "chatcmpl-Bq8dFIXTURE0000000000000001",
      text: "Let me look up the weather in Paris.",
      calls: [
        {
          id: "call_FIXa1",
          name: "get_weather",
          kind: "function",
          argumentsText: '{"city":"Paris","unit":"celsius"}',
          choice: 0,
          position: 0,
          truncated: false,
        },
      ],
      providerCalls: [],
      finish: "calls",
      usage: { inputTokens: 82, outputTokens: 28, cacheReadTokens: 0, cacheWriteTokens: undefined },
      choices: 1,
      complete: true,
    });
  });

  it("finds the calls of all answers, and text and reason of the first", () => {
    const second = choice(`"tool_calls":[${call("b")}]`, "length", 1);
    const first = choice(`"tool_calls":[${call("a1")},${call("a2")}]`);
    const { turn } = readAnswer(answerOf(second, first));
    expect(turn).toMatchObject({ choices: 2, finish: "calls" });
    expect(
      turn.calls.map(({ id, choice: of, position, truncated }) => [id, of, position, truncated]),
    ).toEqual([
      ["b", 1, 0, true],
      ["a1", 0, 0, false],
      ["a2", 0, 1, false],
    ]);
  });

  it("reads a refusal as text that the client can see", () => {
    expect(readAnswer(fixture("refusal.json")).turn).toMatchObject({
      text: expect.stringContaining("can't help"),
      finish: "refusal",
    });
  });

  it("does without a reason and without usage", () => {
    expect(readAnswer('{"choices":[]}').turn).toMatchObject({ id: "", text: "", finish: null, choices: 0 });
  });

  it("quotes the upstream where it answers 200 with an error", () => {
    const refused = '{"error":{"message":"Provider returned error: quota exceeded","code":429}}';
    expect(() => readAnswer(refused)).toThrow("an error: Provider returned error: quota exceeded");
    expect(() => readAnswer('{"object":"list"}')).toThrow('no array "choices"');
  });
});

describe("changing a whole answer", () => {
  it("takes calls away, and says that the answer stopped where none is left", () => {
    const text = answerOf(choice(`"tool_calls":[${call("a")}, ${call("b")}]`));
    expect(changed(text, ([first]) => [{ kind: "drop", call: first! }])).toBe(
      answerOf(choice(`"tool_calls":[${call("b")}]`)),
    );
    expect(changed(text, dropAll)).toBe(
      '{"id":"a","choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"stop"}],"x":1.0}',
    );
  });

  it("keeps the reasons `length` and `stop`", () => {
    for (const reason of ["length", "stop"]) {
      expect(changed(answerOf(choice(`"tool_calls":[${call("a")}]`, reason)), dropAll)).toContain(
        `"finish_reason":"${reason}"`,
      );
    }
  });

  it("changes the answer that the call belongs to", () => {
    const [one, two] = [
      choice(`"tool_calls":[${call("a")}]`),
      choice(`"tool_calls":[${call("b")}]`, "stop", 1),
    ];
    const after = changed(answerOf(one, two), (calls) => [
      { kind: "rewrite", call: calls[1]!, argumentsText: '{"x":"\u2028"}' },
    ]);
    expect(after).toBe(answerOf(one, two.replace('"{}"', JSON.stringify('{"x":"\u2028"}'))));
  });

  it("rewrites the input of a custom tool", () => {
    const after = changed(fixture("custom-tool-call.json"), ([first]) => [
      { kind: "rewrite", call: first!, argumentsText: "*** nothing" },
    ]);
    expect(readAnswer(after).turn.calls).toMatchObject([{ kind: "custom", argumentsText: "*** nothing" }]);
  });

  it("changes the deprecated form of a call, and takes it away", () => {
    const text = answerOf(choice('"function_call":{"name":"f","arguments":"{}"}', "function_call"));
    expect(changed(text, ([first]) => [{ kind: "rewrite", call: first!, argumentsText: "[]" }])).toBe(
      text.replace('"{}"', '"[]"'),
    );
    const after = changed(text, dropAll);
    expect(readAnswer(after).turn).toMatchObject({ calls: [], finish: "stop" });
    expect(after).not.toContain('"function_call"');
  });
});
