import { describe, expect, it } from "vitest";
import { wholeOf } from "../../../src/protocols/openai-chat/whole-of-stream.ts";
import type { Frame } from "../../../src/wire/sse.ts";
import { chunkFrame, doneFrame, fixture, fragment, textIn } from "./traffic.ts";

function wholeOfFrames(...frames: readonly Frame[]): unknown {
  const json = wholeOf(textIn(frames.map(({ bytes }) => bytes)));
  return json === null ? null : JSON.parse(json);
}

const stops = chunkFrame({}, { finish_reason: "stop" });

/** The message of a stream of these deltas. */
function messageOf(...deltas: readonly unknown[]): unknown {
  const answer = wholeOfFrames(...deltas.map((delta) => chunkFrame(delta)), stops, doneFrame);
  return (answer as { choices: { message: unknown }[] } | null)?.choices[0]?.message ?? null;
}

/** A stream of chunks that are not as small as can be. */
function wholeOfChunks(...chunks: readonly unknown[]): unknown {
  const json = wholeOf(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(""));
  return json === null ? null : JSON.parse(json);
}

describe("the whole answer of a stream", () => {
  it("is what the provider's own whole answer says", () => {
    const { annotations: _, ...message } = {
      ...(
        JSON.parse(fixture("thinking-and-tool-call.json")) as {
          choices: { message: Record<string, unknown> }[];
        }
      ).choices[0]!.message,
    };
    const own = JSON.parse(fixture("thinking-and-tool-call.json")) as { choices: object[] };
    expect(JSON.parse(wholeOf(fixture("thinking-and-tool-call.sse")) ?? "null")).toEqual({
      ...own,
      // The stream says nothing of a list that is empty.
      choices: [{ ...own.choices[0], message }],
    });
  });

  it("joins text, refusal and what vendors add", () => {
    const deltas = [
      { role: "assistant", content: "", refusal: null },
      { reasoning_content: "be" },
      { reasoning_content: "cause", content: null },
      { role: "assistant", content: "a" },
      { content: "b", refusal: "N" },
      { refusal: "o" },
    ];
    expect(messageOf(...deltas)).toEqual({
      role: "assistant",
      content: "ab",
      refusal: "No",
      reasoning_content: "because",
    });
  });

  it("has the content null where none was told, and a role where none was given", () => {
    expect(messageOf({ reasoning: "a" })).toEqual({ role: "assistant", content: null, reasoning: "a" });
    expect(messageOf({ content: "" })).toEqual({ role: "assistant", content: "" });
    expect(messageOf({ role: "", content: null }, { role: null })).toEqual({
      role: "assistant",
      content: null,
    });
  });

  it("puts calls together by their index, and gives no index", () => {
    const message = messageOf(
      { tool_calls: [fragment(1, "{", { id: "call_b", name: "g" })] },
      { tool_calls: [fragment(0, "{", { id: "call_a", name: "f" }), fragment(1, "}")] },
      { tool_calls: [{ ...(fragment(0, "}") as object), id: "", extra_content: { signature: "s" } }] },
    );
    expect(message).toMatchObject({
      tool_calls: [
        { id: "call_b", type: "function", function: { name: "g", arguments: "{}" } },
        {
          id: "call_a",
          type: "function",
          function: { name: "f", arguments: "{}" },
          extra_content: { signature: "s" },
        },
      ],
    });
    expect(JSON.stringify(message)).not.toContain("index");
  });

  it("takes a new id under one index for another call, as the reader does", () => {
    const one = fragment(0, "{}", { id: "call_a", name: "f" });
    const other = fragment(0, "[]", { id: "call_b", name: "f" });
    expect(messageOf({ tool_calls: [one] }, { tool_calls: [other] })).toMatchObject({
      tool_calls: [
        { id: "call_a", function: { arguments: "{}" } },
        { id: "call_b", function: { arguments: "[]" } },
      ],
    });
  });

  it("joins free text of a custom call, and the arguments of the deprecated one", () => {
    const opening = { index: 0, id: "call_a", type: "custom", custom: { name: "patch", input: "a" } };
    expect(
      messageOf({ tool_calls: [opening] }, { tool_calls: [{ index: 0, custom: { input: "b" } }] }),
    ).toMatchObject({
      tool_calls: [{ id: "call_a", type: "custom", custom: { name: "patch", input: "ab" } }],
    });
    const called = [{ function_call: { name: "f", arguments: "" } }, { function_call: { arguments: "{}" } }];
    expect(messageOf(...called)).toMatchObject({ function_call: { name: "f", arguments: "{}" } });
  });

  it("has as many choices as were told, in their order", () => {
    const answer = wholeOfFrames(
      chunkFrame({ content: "b" }, { index: 1 }),
      chunkFrame({ content: "a" }),
      chunkFrame({}, { index: 1, finish_reason: "length" }),
      stops,
    );
    expect(answer).toMatchObject({
      choices: [
        { index: 0, message: { content: "a" }, finish_reason: "stop" },
        { index: 1, message: { content: "b" }, finish_reason: "length" },
      ],
    });
  });

  it("keeps what is told beside the deltas", () => {
    const filtered = {
      id: "",
      object: "",
      created: 0,
      model: "",
      choices: [],
      prompt_filter_results: [{ a: 1 }],
    };
    const chunk = { id: "c1", object: "chat.completion.chunk", created: 7, model: "m", obfuscation: "zz" };
    const first = {
      index: 0,
      delta: { content: "a" },
      logprobs: { content: [{ token: "a" }], refusal: null },
    };
    const second = {
      index: 0,
      delta: { content: "b" },
      logprobs: { content: [{ token: "b" }] },
      token_ids: [1],
    };
    const last = {
      index: 0,
      delta: {},
      logprobs: null,
      finish_reason: "stop",
      native_finish_reason: "STOP",
      token_ids: [2],
    };
    expect(
      wholeOfChunks(
        filtered,
        { ...chunk, choices: [first], service_tier: "auto", x_groq: { id: "g" }, usage: null },
        { ...chunk, choices: [second], usage: { completion_tokens: 1, early: true } },
        { ...chunk, choices: [last], service_tier: "default", x_groq: { usage: 1 } },
        { ...chunk, id: "c2", created: 8, choices: [], usage: { completion_tokens: 2 } },
      ),
    ).toEqual({
      id: "c1",
      object: "chat.completion",
      created: 7,
      model: "m",
      prompt_filter_results: [{ a: 1 }],
      service_tier: "default",
      x_groq: { id: "g", usage: 1 },
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "ab" },
          logprobs: { content: [{ token: "a" }, { token: "b" }], refusal: null },
          finish_reason: "stop",
          native_finish_reason: "STOP",
          token_ids: [1, 2],
        },
      ],
      usage: { completion_tokens: 2 },
    });
  });

  it("has a content in parts, where a vendor gives such", () => {
    const thinking = (text: string) => ({ type: "thinking", thinking: [{ type: "text", text }] });
    expect(
      messageOf(
        { content: [thinking("2 ")] },
        { content: [thinking("+ 2")] },
        { content: "4" },
        { content: "" },
      ),
    ).toEqual({ role: "assistant", content: [thinking("2 + 2"), { type: "text", text: "4" }] });
  });

  it("gives no reason to stop where the stream gave none, and yet ended", () => {
    expect(wholeOfFrames(chunkFrame({ content: "a" }), doneFrame)).toMatchObject({
      choices: [{ message: { content: "a" }, finish_reason: null }],
    });
  });

  it("keeps the spelling of numbers, and reads them for nothing else", () => {
    const chunk =
      '{"id":"c1","choices":[7.0,{"index":0,"delta":{"content":"a"},"seed":12345678901234567890}]}';
    const end = '{"choices":[{"index":0,"delta":{"x_score":1.50},"finish_reason":"stop"}]}';
    const json = wholeOf(`data: ${chunk}\n\ndata: ${end}\n\n`);
    expect(json).toContain('"content":"a","x_score":1.50');
    expect(json).toContain('"seed":12345678901234567890');
  });

  it("ends where the stream says so", () => {
    expect(
      wholeOfFrames(chunkFrame({ content: "a" }), stops, doneFrame, chunkFrame({ content: "b" })),
    ).toMatchObject({
      choices: [{ message: { content: "a" } }],
    });
  });

  it.each<[string, readonly Frame[]]>([
    ["no choice", [doneFrame]],
    ["no end", [chunkFrame({ content: "a" })]],
    ["a choice that did not stop", [chunkFrame({ content: "a" }, { index: 1 }), stops]],
    ["an error", [stops, chunkFrame({}, { error: { message: "Broken." } })]],
    ["sound", [chunkFrame({ audio: { id: "a1" } }), stops]],
    ["content that is none", [chunkFrame({ content: { type: "text", text: "a" } }), stops]],
    ["a refusal that is none", [chunkFrame({ refusal: ["No."] }), stops]],
    [
      "arguments that are no text",
      [chunkFrame({ tool_calls: [{ index: 0, function: { arguments: {} } }] }), stops],
    ],
    ["arguments that are no text", [chunkFrame({ function_call: { name: "f", arguments: {} } }), stops]],
    [
      "a call with two names",
      [
        chunkFrame({ tool_calls: [fragment(0, "", { name: "f" })] }),
        chunkFrame({ tool_calls: [fragment(0, "", { name: "g" })] }),
        stops,
      ],
    ],
  ])("is none where the stream has %s", (_, frames) => {
    expect(wholeOfFrames(...frames)).toBeNull();
  });
});
