import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/protocols/anthropic-messages/answer.ts";
import { MessageStreamReader } from "../../../src/protocols/anthropic-messages/stream-reader.ts";
import { FrameSplitter, frameOf } from "../../../src/wire/sse.ts";
import { fixture, framesIn, readerOf, streamOf } from "./traffic.ts";

const rolesIn = (stream: string) => {
  const reader = new MessageStreamReader();
  return framesIn(stream).map((frame) => `${frame.event ?? "comment"}: ${reader.read(frame)}`);
};
const start = (message: object = {}) => ({
  type: "message_start",
  message: { id: "m", content: [], ...message },
});

describe("reading a stream", () => {
  it.each([
    "text",
    "usage",
    "tool-call",
    "tool-calls-parallel",
    "tool-call-no-args",
    "text-and-tool-call",
    "thinking-and-tool-call",
    "redacted-thinking-and-tool-call",
    "mcp-call",
    "refusal",
    "refusal-after-text",
    "length",
  ])("finds in %s what the same answer has whole", (name) => {
    const streamed = readerOf(fixture(`${name}.sse`)).turn();
    const whole = readAnswer(fixture(`${name}.json`)).turn;
    const parsed = (turn: typeof whole) => ({
      ...turn,
      calls: turn.calls.map((call) => ({
        ...call,
        argumentsText: JSON.parse(call.argumentsText) as unknown,
      })),
    });
    expect(parsed(streamed)).toEqual(parsed(whole));
  });

  it("finds the same however the bytes are cut", () => {
    const bytes = Buffer.from(fixture("thinking-and-tool-call.sse"));
    const whole = readerOf(bytes.toString()).turn();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const reader = new MessageStreamReader();
        const splitter = new FrameSplitter({ frameBytesMax: 100_000 });
        let at = 0;
        for (let i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          for (const frame of splitter.push(bytes.subarray(at, at + size))) reader.read(frame);
          at += size;
        }
        expect(reader.turn()).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it("tells what flows, what is held and what ends", () => {
    expect(
      rolesIn(`: hello\n\n${fixture("text-and-tool-call.sse")}`).filter(
        (role, i, all) => role !== all[i - 1],
      ),
    ).toEqual([
      "comment: comment",
      "message_start: preamble",
      "content_block_start: text",
      "ping: preamble",
      "content_block_delta: text",
      "content_block_stop: text",
      "content_block_start: call",
      "content_block_delta: call",
      "content_block_stop: call",
      "message_delta: end",
      "message_stop: end",
    ]);
  });

  it("lets thinking and calls that run elsewhere flow", () => {
    for (const name of ["mcp-call.sse", "refusal-after-text.sse"]) {
      expect(rolesIn(fixture(name)).some((role) => role.endsWith(": call"))).toBe(false);
    }
    const program = {
      type: "content_block_start",
      index: 0,
      content_block: {
        type: "tool_use",
        id: "t",
        name: "f",
        input: { a: 1 },
        caller: { type: "code_execution_20260120" },
      },
    };
    const stream = streamOf([start(), program, { type: "content_block_stop", index: 0 }]);
    expect(rolesIn(stream)).toEqual([
      "message_start: preamble",
      "content_block_start: text",
      "content_block_stop: text",
    ]);
    expect(readerOf(stream).turn()).toMatchObject({ calls: [], providerCalls: ["f"] });
  });

  it("reads blocks that stand in the opening event already", () => {
    const call = { type: "tool_use", id: "t", name: "f", input: { a: 1 } };
    const text = { type: "text", text: "so" };
    expect(rolesIn(streamOf([start({ content: [text] })]))).toEqual(["message_start: text"]);
    expect(rolesIn(streamOf([start({ content: [text, call] })]))).toEqual(["message_start: call"]);
    const reader = readerOf(streamOf([start({ content: [text, call] })]));
    expect(reader.turn()).toMatchObject({ text: "so", calls: [{ argumentsText: '{"a":1}' }] });
    expect(() => readerOf(streamOf([start({ content: [0] })]))).toThrow("a block that is no object");
  });

  it("is not complete before the last event, nor after an error", () => {
    const whole = fixture("tool-call.sse");
    expect(readerOf(whole.slice(0, whole.indexOf("event: message_stop"))).turn().complete).toBe(false);
    const cut = readerOf(fixture("midstream-error.sse"));
    expect(cut.turn()).toMatchObject({ complete: false, finish: null, text: "Hello! How can I" });
    expect(rolesIn(fixture("midstream-error.sse")).at(-1)).toBe("error: error");
  });

  it("keeps counters that the last event leaves out", () => {
    const stream = streamOf([
      start({ usage: { input_tokens: 5, cache_read_input_tokens: 2, output_tokens: 1 } }),
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: { input_tokens: null, output_tokens: 9 },
      },
    ]);
    expect(readerOf(stream).turn().usage).toEqual({
      inputTokens: 7,
      outputTokens: 9,
      cacheReadTokens: 2,
      cacheWriteTokens: undefined,
    });
  });

  it("lets events and marks that it does not know pass", () => {
    const reader = new MessageStreamReader();
    expect(reader.read(frameOf('event: keepalive\ndata: {"type":"keepalive"}\n\n'))).toBe("preamble");
    expect(reader.read(frameOf("event: odd\n\n"))).toBe("preamble");
    reader.read(frameOf('event: message_stop\ndata: {"type":"message_stop"}\n\n'));
    expect(reader.read(frameOf("data: [DONE]\n\n"))).toBe("end");
  });

  it.each([
    'data: {"type":"message_start"}\n\n',
    'data: {"type":"content_block_start","index":0}\n\n',
    'data: {"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"x"}}\n\n',
    "data: {oops}\n\n",
  ])("refuses a stream that makes no sense: %j", (frame) => {
    expect(() => new MessageStreamReader().read(frameOf(frame))).toThrowError(
      expect.objectContaining({ code: "upstream_unreadable" }),
    );
  });
});
