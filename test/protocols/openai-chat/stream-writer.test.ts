import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import type { CallChange, Turn } from "../../../src/exchange/turn.ts";
import type { Release } from "../../../src/protocols/protocol.ts";
import { ChatStreamReader } from "../../../src/protocols/openai-chat/stream-reader.ts";
import { ChatStreamWriter } from "../../../src/protocols/openai-chat/stream-writer.ts";
import { frameOf, type Frame } from "../../../src/wire/sse.ts";
import { chunkFrame, doneFrame, eventsIn, fragment, textIn } from "./traffic.ts";

const plain: Release = { changes: [], addOutputTokens: 0, comment: undefined };
const opening = chunkFrame({ role: "assistant", content: "" });
const calling = chunkFrame({ tool_calls: [fragment(0, "{}", { id: "a", name: "f" })] });
const stopping = chunkFrame({}, { finish_reason: "tool_calls" });
const usage = frameOf('data: {"id":"c1","choices":[],"usage":{"completion_tokens":5,"total_tokens":9}}\n\n');

function turnOf(frames: readonly Frame[]): Turn {
  const reader = new ChatStreamReader();
  for (const frame of frames) reader.read(frame);
  return reader.turn();
}

function released(writer: ChatStreamWriter, frames: readonly Frame[], release: Partial<Release>): string {
  return textIn(writer.release(frames, turnOf(frames), { ...plain, ...release }));
}

/** The same frame as another turn of the same provider would have it. */
function ofSecondTurn(frame: Frame): Frame {
  return frameOf(
    Buffer.from(frame.bytes).toString().replace('"id":"c1","created":1', '"id":"c2","created":2'),
  );
}

/** A writer whose client has the opening and some text of a first turn. */
function spliced(): ChatStreamWriter {
  const writer = new ChatStreamWriter();
  writer.pass(opening, "preamble");
  writer.pass(chunkFrame({ content: "first" }), "text");
  writer.nextTurn();
  return writer;
}

describe("writing the first turn", () => {
  it("passes the very bytes that came", () => {
    const writer = new ChatStreamWriter();
    for (const frame of [opening, frameOf("event: ping\n\n"), chunkFrame({ content: "a" })]) {
      expect(writer.pass(frame, "text")).toBe(frame.bytes);
    }
    const frames = [calling, stopping, usage, doneFrame];
    expect(writer.release(frames, turnOf(frames), plain)).toEqual(frames.map(({ bytes }) => bytes));
  });

  it("puts the comment before [DONE], and last without it", () => {
    const comment = 'longstop {"repairs":1}';
    const withEnd = released(new ChatStreamWriter(), [stopping, doneFrame], { comment });
    expect(withEnd).toBe(`${textIn([stopping.bytes])}: ${comment}\n\ndata: [DONE]\n\n`);
    const withoutEnd = released(new ChatStreamWriter(), [stopping], { comment });
    expect(withoutEnd).toBe(`${textIn([stopping.bytes])}: ${comment}\n\n`);
  });

  it("closes a last frame that lacks its blank line before the comment", () => {
    const open = frameOf(textIn([stopping.bytes]).trimEnd());
    const sent = released(new ChatStreamWriter(), [open], { comment: "longstop {}" });
    expect(sent).toBe(`${textIn([stopping.bytes])}: longstop {}\n\n`);
  });

  it("drops a chunk of which nothing is left, and keeps one that opens the answer", () => {
    const both = chunkFrame({
      role: "assistant",
      content: null,
      tool_calls: [fragment(0, "", { id: "a", name: "f" })],
    });
    const frames = [both, chunkFrame({ tool_calls: [fragment(0, "{}")] }), stopping, doneFrame];
    const changes = turnOf(frames).calls.map((call): CallChange => ({ kind: "drop", call }));
    expect(eventsIn(released(new ChatStreamWriter(), frames, { changes }))).toMatchObject([
      { choices: [{ delta: { role: "assistant", content: null }, finish_reason: null }] },
      { choices: [{ delta: {}, finish_reason: "stop" }] },
      "[DONE]",
    ]);
  });

  it("keeps text and the reason that stand in one chunk with a call that leaves", () => {
    const one = chunkFrame(
      { content: "text", tool_calls: [fragment(0, "{}", { id: "a", name: "f" })] },
      { finish_reason: "tool_calls" },
    );
    const changes = turnOf([one]).calls.map((call): CallChange => ({ kind: "drop", call }));
    expect(eventsIn(released(new ChatStreamWriter(), [one], { changes }))).toMatchObject([
      { choices: [{ delta: { content: "text" }, finish_reason: "stop" }] },
    ]);
  });

  it("keeps members that nobody knows in a chunk that is changed", () => {
    const frame = chunkFrame(
      { tool_calls: [fragment(0, "{}", { id: "a", name: "f" })] },
      { obfuscation: "x", weight: 1 },
    );
    const changes = turnOf([frame]).calls.map((call): CallChange => ({
      kind: "rewrite",
      call,
      argumentsText: '{"b":2}',
    }));
    expect(eventsIn(released(new ChatStreamWriter(), [frame], { changes }))).toMatchObject([
      { obfuscation: "x", weight: 1, choices: [{ delta: { tool_calls: [{ id: "a", index: 0 }] } }] },
    ]);
  });

  it("adds the tokens of earlier turns to the one usage report", () => {
    const sent = released(new ChatStreamWriter(), [stopping, usage, doneFrame], { addOutputTokens: 100 });
    expect(eventsIn(sent)[1]).toMatchObject({ usage: { completion_tokens: 105, total_tokens: 109 } });
  });
});

describe("splicing a turn behind another", () => {
  it("keeps the envelope of the first", () => {
    const writer = spliced();
    const bytes = writer.pass(ofSecondTurn(chunkFrame({ content: "second" })), "text");
    expect(eventsIn(textIn([bytes]))).toMatchObject([{ id: "c1", created: 1, model: "m" }]);
    expect(released(writer, [ofSecondTurn(stopping), doneFrame], {})).not.toContain("c2");
  });

  it("does not open the answer again, and keeps text that comes with the role", () => {
    const writer = spliced();
    expect(writer.pass(ofSecondTurn(opening), "preamble")).toBeNull();
    expect(writer.pass(frameOf("event: ping\n\n"), "preamble")).toBeNull();
    const withText = writer.pass(ofSecondTurn(chunkFrame({ role: "assistant", content: "x" })), "text");
    expect(textIn([withText])).not.toContain("role");
    expect(textIn([withText])).toContain('"content":"x"');
  });

  it("opens the answer where the first turn never did", () => {
    const writer = new ChatStreamWriter();
    writer.pass(chunkFrame({ content: "first" }), "text");
    writer.nextTurn();
    expect(textIn([writer.pass(ofSecondTurn(opening), "preamble")])).toContain('"role":"assistant"');
    expect(writer.pass(ofSecondTurn(opening), "preamble")).toBeNull();
  });

  it("is as good as a first turn where the client has seen nothing", () => {
    const writer = new ChatStreamWriter();
    writer.pass(frameOf('data: {"id":"","choices":[],"prompt_filter_results":[]}\n\n'), "preamble");
    writer.nextTurn();
    const second = ofSecondTurn(opening);
    expect(writer.pass(second, "preamble")).toBe(second.bytes);
  });

  it("drops held chunks that say nothing to this client", () => {
    const frames = [calling, chunkFrame({}), chunkFrame({ role: "assistant" }), stopping].map(ofSecondTurn);
    expect(eventsIn(released(spliced(), frames, {}))).toHaveLength(2);
  });

  it("lets only the last usage report of the spliced turn count", () => {
    const writer = spliced();
    const soFar = writer.pass(
      ofSecondTurn(chunkFrame({ content: "a" }, { usage: { completion_tokens: 1 } })),
      "text",
    );
    expect(eventsIn(textIn([soFar]))).toMatchObject([{ usage: null }]);
    const sent = released(writer, [stopping, usage, doneFrame], { addOutputTokens: 3 });
    expect(eventsIn(sent)[1]).toMatchObject({ usage: { completion_tokens: 8 } });
  });

  it("lets comments and the upstream's errors through", () => {
    const writer = spliced();
    const comment = frameOf(": keep-alive\n\n");
    const error = frameOf('data: {"error":{"message":"m"}}\n\n');
    expect(writer.pass(comment, "comment")).toBe(comment.bytes);
    expect(writer.pass(error, "error")).toBe(error.bytes);
  });
});

describe("ending a stream that cannot end well", () => {
  it("writes an error that OpenAI's SDK throws", () => {
    const error = new LongstopError("upstream_cut", "The stream was cut.");
    expect(eventsIn(textIn([new ChatStreamWriter().error(error)]))).toEqual([
      { error: { message: "The stream was cut.", type: "server_error", param: null, code: "upstream_cut" } },
    ]);
  });
});
