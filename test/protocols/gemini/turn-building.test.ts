import { describe, expect, it } from "vitest";
import { readChunk } from "../../../src/protocols/gemini/chunk.ts";
import { brokenCallId, TurnBuilder } from "../../../src/protocols/gemini/turn-building.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

function built(...candidates: unknown[]): TurnBuilder {
  const builder = new TurnBuilder();
  for (const candidate of candidates) {
    const text = JSON.stringify({ candidates: [candidate], responseId: "r" });
    builder.take(readChunk(text, rootSpan(text)));
  }
  return builder;
}
const said = (...parts: unknown[]) => ({ content: { parts } });

describe("putting a turn together", () => {
  it("joins what was said, apart from thoughts and from what the provider runs itself", () => {
    const turn = built(
      said({ text: "Hm.", thought: true }, { text: "Hel" }),
      said({ executableCode: { code: "1" } }, { text: "lo" }),
      { ...said({ functionCall: { name: "f", args: {} } }), finishReason: "STOP" },
    ).turn(true);
    expect(turn).toMatchObject({
      id: "r",
      text: "Hello",
      providerCalls: ["code_execution"],
      finish: "calls",
    });
    expect(turn.calls).toMatchObject([{ name: "f", position: 0, truncated: false }]);
  });

  it("marks the call that the token limit may have cut: the last thing, or one that is not whole", () => {
    const call = { functionCall: { name: "f", args: {} } };
    const cut = (...parts: unknown[]) =>
      built({ ...said(...parts), finishReason: "MAX_TOKENS" })
        .turn(true)
        .calls.map(({ truncated }) => truncated);
    expect(cut(call, call)).toEqual([false, true]);
    expect(cut(call, { text: "and" })).toEqual([false]);
    expect(cut(call, { text: "" })).toEqual([true]);
    expect(cut({ functionCall: { name: "f", args: "{" } }, { text: "" })).toEqual([true]);
  });

  it("is finished when every candidate is, or when the request was refused", () => {
    expect(built(said({ text: "a" })).finished).toBe(false);
    const one = { ...said({ text: "a" }), finishReason: "STOP" };
    expect(built(one, { ...said({ text: "b" }), index: 1 }).finished).toBe(false);
    expect(built(one, { finishReason: "STOP", index: 1 })).toMatchObject({ finished: true });
    expect(built(one, { finishReason: "STOP", index: 1 }).turn(true).choices).toBe(2);
    const refused = new TurnBuilder();
    const text = '{"promptFeedback":{"blockReason":"SAFETY"}}';
    refused.take(readChunk(text, rootSpan(text)));
    expect(refused.finished).toBe(true);
    expect(refused.turn(true)).toMatchObject({ finish: "refusal", choices: 1, calls: [] });
  });

  it.each([
    ['Malformed function call: print(default_api.get_weather(city="Par', "get_weather"],
    ["Malformed function call: call:get_weather (city", "get_weather"],
    ["Unexpected tool call: get_time()", "get_time"],
    ["", ""],
  ])("shows the call that nobody could read as the call it was meant to be: %s", (finishMessage, name) => {
    const builder = built({ content: {}, finishReason: "MALFORMED_FUNCTION_CALL", finishMessage });
    expect(builder.turn(true)).toMatchObject({
      finish: "other",
      calls: [{ id: brokenCallId, name, argumentsText: finishMessage, truncated: false }],
    });
    // It goes back as text: there is no part of a call that anybody could answer.
    expect(builder.parts()).toEqual([JSON.stringify({ text: finishMessage || "…" })]);
  });

  it("gives the parts back with their signatures, plain text joined, arguments as objects", () => {
    const signed = { functionCall: { name: "f", args: { a: 1 } }, thoughtSignature: "c2ln" };
    const builder = built(
      said({ text: "H", thought: true }),
      said({ text: "m", thought: true }),
      said({ text: "He" }, { text: "l" }),
      said({ text: "lo" }, { text: "", thoughtSignature: "c2ln" }, { text: "" }),
      said(signed, { functionCall: { name: "g", args: "{broken" } }),
    );
    expect(builder.parts().map((part) => JSON.parse(part) as unknown)).toEqual([
      { text: "Hm", thought: true },
      { text: "Hello" },
      { text: "", thoughtSignature: "c2ln" },
      signed,
      { functionCall: { name: "g", args: {} } },
    ]);
    expect(built(said({ text: "" })).parts()).toEqual([]);
  });
});
