import { describe, expect, it } from "vitest";
import { ChatStreamReader } from "../../../src/protocols/openai-chat/stream-reader.ts";
import { frameOf, type Frame } from "../../../src/wire/sse.ts";
import { chunkFrame, doneFrame, fixture, fragment, framesIn } from "./traffic.ts";

function readerOf(...frames: readonly Frame[]): ChatStreamReader {
  const reader = new ChatStreamReader();
  for (const frame of frames) reader.read(frame);
  return reader;
}

const stops = (reason = "stop", index = 0) => chunkFrame({}, { finish_reason: reason, index });

const usage = (tokens: number) => ({ usage: { completion_tokens: tokens } });

describe("reading a stream", () => {
  it("holds from the first call on what an answer with text and a call is made of", () => {
    const reader = new ChatStreamReader();
    const roles = framesIn(fixture("text-and-tool-call.sse")).map((frame) => reader.read(frame));
    expect(roles.join(" ")).toMatch(/^preamble( text)+( call)+ end end end$/);
    expect(reader.turn()).toMatchObject({
      id: "chatcmpl-Bq8dFIXTURE0000000000000001",
      text: "Let me look up the weather in Paris.",
      calls: [{ id: "call_FIXa1", argumentsText: '{"city":"Paris","unit":"celsius"}' }],
      finish: "calls",
      usage: { inputTokens: 82, outputTokens: 28 },
      choices: 1,
      complete: true,
    });
  });

  it("lets reasoning flow, and does not take it for the answer's text", () => {
    const reader = readerOf(...framesIn(fixture("thinking-and-tool-call.sse")));
    expect(reader.turn().text).toBe("");
    expect(reader.message((call) => call.argumentsText)).toMatchObject({
      reasoning_content: expect.stringMatching(/^The user wants the weather/),
    });
  });

  it("reads the text of a content in parts, as vendors give it with reasoning among them", () => {
    const thinking = { type: "thinking", thinking: [{ type: "text", text: "2 + 2" }] };
    const parts = [thinking, { type: "text", text: "4" }];
    expect(readerOf(chunkFrame({ content: parts }), chunkFrame({ content: "!" })).turn().text).toBe("4!");
  });

  it("is complete with a reason to stop, also where [DONE] is missing", () => {
    expect(readerOf(chunkFrame({ content: "a" })).turn().complete).toBe(false);
    expect(readerOf(chunkFrame({ content: "a" }), stops()).turn().complete).toBe(true);
    expect(readerOf(chunkFrame({ content: "a" }), doneFrame).turn()).toMatchObject({
      complete: true,
      finish: null,
    });
    expect(readerOf().turn().complete).toBe(false);
  });

  it("is complete with several answers once all of them are", () => {
    const frames = [
      chunkFrame({ content: "a" }),
      chunkFrame({ content: "b" }, { index: 1 }),
      stops("stop", 1),
    ];
    expect(readerOf(...frames).turn()).toMatchObject({
      choices: 2,
      complete: false,
      text: "a",
      finish: null,
    });
    expect(readerOf(...frames, stops()).turn()).toMatchObject({ complete: true, finish: "stop" });
  });

  it("is never complete after an error inside it", () => {
    const error = frameOf('data: {"error":{"message":"m"}}\n\n');
    expect(readerOf(chunkFrame({ content: "a" }), stops(), error).turn().complete).toBe(false);
    expect(readerOf(...framesIn(fixture("midstream-error.sse"))).turn().complete).toBe(false);
  });

  it("marks the last call of each answer that the token limit cut", () => {
    const calls = [
      chunkFrame({ tool_calls: [fragment(0, "{}", { id: "a", name: "f" })] }),
      chunkFrame({ tool_calls: [fragment(1, '{"x', { id: "b", name: "f" })] }),
      chunkFrame({ tool_calls: [fragment(0, "{}", { id: "c", name: "f" })] }, { index: 1 }),
    ];
    const { calls: read } = readerOf(...calls, stops("length"), stops("tool_calls", 1)).turn();
    expect(read.map(({ id, truncated }) => [id, truncated])).toEqual([
      ["a", false],
      ["b", true],
      ["c", false],
    ]);
  });

  it("takes the last of several usage reports", () => {
    const reader = readerOf(
      chunkFrame({ content: "a" }, usage(1)),
      chunkFrame({}, { ...usage(2), finish_reason: "stop" }),
    );
    expect(reader.turn()).toMatchObject({ usage: { outputTokens: 2 }, complete: true });
    expect(readerOf(chunkFrame({ content: "a" }, { usage: null })).turn().usage).toBeUndefined();
  });
});

const asWritten = ({ argumentsText }: { argumentsText: string }): string => argumentsText;

describe("the message of a stream", () => {
  it("holds what the provider wants back, and nothing that was not there", () => {
    expect(
      readerOf(chunkFrame({ role: "assistant", content: "a" }), chunkFrame({ content: "b" })).message(
        asWritten,
      ),
    ).toEqual({
      role: "assistant",
      content: "ab",
    });
    const reader = readerOf(
      chunkFrame({ reasoning: "r1", reasoning_details: [{ id: 1 }] }),
      chunkFrame({ reasoning: "r2", reasoning_details: [{ id: 2 }] }),
      chunkFrame({ refusal: "no" }),
      chunkFrame({ tool_calls: [fragment(0, "{}", { id: "a", name: "f" })] }),
      chunkFrame({ content: "other answer" }, { index: 1 }),
    );
    expect(reader.message(asWritten)).toEqual({
      role: "assistant",
      content: null,
      refusal: "no",
      reasoning: "r1r2",
      reasoning_details: [{ id: 1 }, { id: 2 }],
      tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
    });
  });

  it("has the deprecated form of a call where the stream had it", () => {
    const reader = readerOf(chunkFrame({ function_call: { name: "f", arguments: "{}" } }));
    expect(reader.message(() => "changed")).toEqual({
      role: "assistant",
      content: null,
      function_call: { name: "f", arguments: "changed" },
    });
  });
});
