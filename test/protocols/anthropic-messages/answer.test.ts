import { describe, expect, it } from "vitest";
import { editAnswer, readAnswer } from "../../../src/protocols/anthropic-messages/answer.ts";
import { fixture } from "./traffic.ts";

const nothing = { changes: [], addOutputTokens: 0, comment: undefined };

const drop = (body: string) => {
  const answer = readAnswer(body);
  const changes = answer.turn.calls.map((call) => ({ kind: "drop" as const, call }));
  return JSON.parse(editAnswer(answer, { ...nothing, changes })) as Record<string, unknown>;
};

describe("reading a whole answer", () => {
  it("finds text, calls with their exact arguments, finish and usage", () => {
    const { turn } = readAnswer(fixture("text-and-tool-call.json"));
    expect(turn).toMatchObject({
      id: "msg_01FixtureFixtureFixture01",
      text: "Let me look up the weather in Paris.",
      calls: [{ id: "toolu_01Fixture000000000000a1", name: "get_weather", position: 0, truncated: false }],
      finish: "calls",
      complete: true,
      usage: { inputTokens: 45, outputTokens: 50 },
    });
    expect(turn.calls[0]?.argumentsText).toBe(
      '{\n        "city": "Paris",\n        "unit": "celsius"\n      }',
    );
  });

  it("quotes an upstream that answers 200 with an error", () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "try the other region" } };
    expect(() => readAnswer(JSON.stringify(error))).toThrow("answered with an error: try the other region");
    expect(() => readAnswer("{}")).toThrow("no list of content blocks");
  });

  it("knows a call that the token limit cut", () => {
    expect(readAnswer(fixture("length-in-tool-call.json")).turn).toMatchObject({
      finish: "length",
      calls: [{ truncated: true }],
    });
  });

  it("sees calls that the provider ran, refusals and thinking without holding any", () => {
    expect(readAnswer(fixture("mcp-call.json")).turn).toMatchObject({
      calls: [],
      providerCalls: ["get_weather"],
    });
    expect(readAnswer(fixture("refusal.json")).turn).toMatchObject({
      text: "",
      calls: [],
      finish: "refusal",
    });
    expect(readAnswer(fixture("thinking-and-tool-call.json")).turn.text).toBe("");
  });

  it.each(['{"type":"error"}', "<html>", "[]", '{"content":"text"}', '{"content":[7]}', ""])(
    "calls %j unreadable, which is the upstream's fault",
    (body) => {
      expect(() => readAnswer(body)).toThrowError(expect.objectContaining({ code: "upstream_unreadable" }));
    },
  );
});

describe("editing a whole answer", () => {
  const parallel = readAnswer(fixture("tool-calls-parallel.json"));
  const [first, second] = parallel.turn.calls;
  if (first === undefined || second === undefined) throw new Error("The fixture has two calls.");

  it("gives the very same string where nothing was decided", () => {
    for (const name of ["text", "tool-call", "usage", "redacted-thinking-and-tool-call"]) {
      const body = fixture(`${name}.json`);
      expect(editAnswer(readAnswer(body), nothing)).toBe(body);
    }
  });

  it("drops and rewrites calls, and reports the tokens of all attempts", () => {
    const edited = editAnswer(parallel, {
      changes: [
        { kind: "drop", call: first },
        { kind: "rewrite", call: second, argumentsText: '{"city": "Rome"}' },
      ],
      addOutputTokens: 100,
      comment: "is a header here",
    });
    const { turn } = readAnswer(edited);
    expect(turn).toMatchObject({
      finish: "calls",
      calls: [{ id: second.id, argumentsText: '{"city": "Rome"}' }],
      usage: { outputTokens: (parallel.turn.usage?.outputTokens ?? 0) + 100 },
    });
    const { content: _c, usage: _u, ...before } = JSON.parse(parallel.text);
    expect(JSON.parse(edited)).toMatchObject(before);
  });

  it("ends the turn when no call is left, but keeps the reason of a cut one", () => {
    expect(drop(parallel.text)).toMatchObject({ stop_reason: "end_turn", content: [] });
    expect(drop(fixture("length-in-tool-call.json"))).toMatchObject({
      stop_reason: "max_tokens",
      content: [],
    });
  });
});
