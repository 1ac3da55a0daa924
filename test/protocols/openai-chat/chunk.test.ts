import { describe, expect, it } from "vitest";
import { readChunk, roleOf, saysSomething } from "../../../src/protocols/openai-chat/chunk.ts";
import { frameOf, type Frame } from "../../../src/wire/sse.ts";
import { chunkFrame, doneFrame, fragment } from "./traffic.ts";

function role(frame: Frame): string {
  return roleOf(readChunk(frame));
}

describe("what a frame is for", () => {
  it.each<[string, Frame, string]>([
    ["a comment", frameOf(": keep-alive\n\n"), "comment"],
    ["a role", chunkFrame({ role: "assistant", content: "", refusal: null }), "preamble"],
    ["nothing", chunkFrame({}), "preamble"],
    ["an empty list of calls", chunkFrame({ tool_calls: [] }), "preamble"],
    [
      "a filter's report before the answer",
      frameOf('data: {"choices":[],"prompt_filter_results":[]}\n\n'),
      "preamble",
    ],
    ["an event without data", frameOf("event: ping\n\n"), "preamble"],
    ["text", chunkFrame({ content: "a" }), "text"],
    ["a refusal", chunkFrame({ refusal: "a" }), "text"],
    ["reasoning", chunkFrame({ reasoning_content: "a" }), "text"],
    ["reasoning of another name", chunkFrame({ reasoning: "a", reasoning_details: [{}] }), "text"],
    ["what this version does not know", chunkFrame({ images: [{ url: "a" }] }), "text"],
    ["text with usage so far", chunkFrame({ content: "a" }, { usage: { completion_tokens: 1 } }), "text"],
    ["a fragment of a call", chunkFrame({ tool_calls: [fragment(0, "")] }), "call"],
    ["text together with a call", chunkFrame({ content: "a", tool_calls: [fragment(0, "")] }), "call"],
    ["a call of the deprecated kind", chunkFrame({ function_call: { arguments: "" } }), "call"],
    [
      "a call with its reason to stop",
      chunkFrame({ tool_calls: [fragment(0, "")] }, { finish_reason: "stop" }),
      "call",
    ],
    ["a reason to stop", chunkFrame({}, { finish_reason: "stop" }), "end"],
    ["the last text with the reason", chunkFrame({ content: "a" }, { finish_reason: "stop" }), "end"],
    ["usage", frameOf('data: {"choices":[],"usage":{"completion_tokens":1}}\n\n'), "end"],
    ["the end", doneFrame, "end"],
    ["an error", frameOf('data: {"error":{"message":"m"}}\n\n'), "error"],
    ["an event of that name", frameOf("event: error\ndata: anything\n\n"), "error"],
  ])("%s", (_, frame, expected) => {
    expect(role(frame)).toBe(expected);
  });

  it.each(["data: {\n\n", "data: nonsense\n\n", "data: [1]\n\n", "data: null\n\n"])(
    "is unreadable, and not passed on: %j",
    (text) => {
      expect(() => readChunk(frameOf(text))).toThrow(
        expect.objectContaining({ code: "upstream_unreadable" }),
      );
    },
  );

  it("says something where anything but a role stands", () => {
    expect(saysSomething({ role: "assistant", content: "", refusal: null, x: [] })).toBe(false);
    expect(saysSomething({ x: 0 })).toBe(true);
  });
});

it("is refused where an error comes with a call: some clients look for the call alone", () => {
  const held = { choices: [{ index: 0, delta: { tool_calls: [fragment(0, "{}")] } }] };
  for (const text of [
    `data: ${JSON.stringify({ ...held, error: { message: "x" } })}\n\n`,
    `event: error\ndata: ${JSON.stringify(held)}\n\n`,
  ]) {
    expect(() => readChunk(frameOf(text))).toThrow(expect.objectContaining({ code: "upstream_unreadable" }));
  }
  const told = {
    choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
    error: { code: 502 },
  };
  expect(role(frameOf(`data: ${JSON.stringify(told)}\n\n`))).toBe("error");
});

it("has a text that can be edited, whatever space stands around it", () => {
  for (const space of ["\v", "\f", "\u00a0", "\u2028", "\ufeff"]) {
    expect(readChunk(frameOf(`data: ${space}{"choices":[]}${space}\n\n`))).toMatchObject({
      kind: "chunk",
      text: '{"choices":[]}',
    });
  }
});

it("is refused where it is nested too deep to be edited", () => {
  const deep = `{"choices":[],"x":${"[".repeat(600)}${"]".repeat(600)}}`;
  expect(() => readChunk(frameOf(`data: ${deep}\n\n`))).toThrow(
    expect.objectContaining({ code: "upstream_unreadable" }),
  );
});
