import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import type { CallChange } from "../../../src/exchange/turn.ts";
import { MessageStreamReader } from "../../../src/protocols/anthropic-messages/stream-reader.ts";
import { MessageStreamWriter } from "../../../src/protocols/anthropic-messages/stream-writer.ts";
import type { FrameRole, Release } from "../../../src/protocols/protocol.ts";
import type { Frame } from "../../../src/wire/sse.ts";
import { eventsIn, fixture, framesIn, readerOf, streamOf, textOf } from "./traffic.ts";

const nothing: Release = { changes: [], addOutputTokens: 0, comment: undefined };

/** Plays the engine: what stands before the first call (or the end) flows, the rest is held. */
class Client {
  readonly writer = new MessageStreamWriter();
  readonly pieces: (Uint8Array | null)[] = [];

  /** A turn that is released. */
  shown(
    stream: string,
    release: Partial<Release> | ((reader: MessageStreamReader) => Partial<Release>) = {},
  ): this {
    const { reader, held } = this.#flow(stream);
    const decided = typeof release === "function" ? release(reader) : release;
    this.pieces.push(...this.writer.release(held, reader.turn(), { ...nothing, ...decided }));
    return this;
  }

  /** A turn that is asked again: its held frames are never sent. */
  hidden(stream: string): this {
    this.#flow(stream);
    this.writer.nextTurn();
    return this;
  }

  /** A turn of which not even the preamble left. */
  unseen(): this {
    this.writer.nextTurn();
    return this;
  }

  #flow(stream: string): { reader: MessageStreamReader; held: Frame[] } {
    const reader = new MessageStreamReader();
    const held: Frame[] = [];
    for (const frame of framesIn(stream)) {
      const role: FrameRole = reader.read(frame);
      if (held.length > 0 || role === "call" || role === "end") held.push(frame);
      else this.pieces.push(this.writer.pass(frame, role));
    }
    return { reader, held };
  }

  get text(): string {
    return textOf(this.pieces);
  }

  get events(): Record<string, unknown>[] {
    return eventsIn(this.text);
  }

  get turn() {
    return readerOf(this.text).turn();
  }
}

const drop =
  (at: number) =>
  (reader: MessageStreamReader): Partial<Release> => {
    const call = reader.turn().calls[at];
    return { changes: call === undefined ? [] : [{ kind: "drop", call }] };
  };
const usage = { input_tokens: 5, output_tokens: 1 };
const open = (extra: object = {}) => ({
  type: "message_start",
  message: { id: "m", content: [], usage, ...extra },
});
const startBlock = (index: number, content_block: object) => ({
  type: "content_block_start",
  index,
  content_block,
});
const stopBlock = (index: number) => ({ type: "content_block_stop", index });
const call = (id: string, extra: object = {}) => ({ type: "tool_use", id, name: "f", input: {}, ...extra });
const text = (index: number, words: string) => [
  startBlock(index, { type: "text", text: "" }),
  { type: "content_block_delta", index, delta: { type: "text_delta", text: words } },
  stopBlock(index),
];
const calls = (index: number, id: string, input: string) => [
  startBlock(index, call(id)),
  {
    type: "content_block_delta",
    index,
    delta: { type: "input_json_delta", partial_json: input.slice(0, 3) },
  },
  { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: input.slice(3) } },
  stopBlock(index),
];
const end = (stop_reason: string, tokens: object = { output_tokens: 10 }) => [
  { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: tokens },
  { type: "message_stop" },
];
const indexes = (events: Record<string, unknown>[]) =>
  events.filter(({ type }) => type === "content_block_start").map(({ index }) => index);

describe("writing one turn", () => {
  it.each([
    "text",
    "tool-calls-parallel",
    "text-and-tool-call",
    "thinking-and-tool-call",
    "mcp-call",
    "refusal",
    "usage",
  ])("gives the bytes of %s as they came where nothing was decided", (name) => {
    const stream = `: hi\n\n${fixture(`${name}.sse`)}`;
    expect(new Client().shown(stream).text).toBe(stream);
    expect(new Client().shown(stream.replaceAll("\n", "\r\n")).text).toBe(stream.replaceAll("\n", "\r\n"));
  });

  it("gives each frame that needs no change as the very bytes", () => {
    const frames = framesIn(fixture("tool-call.sse"));
    const writer = new MessageStreamWriter();
    const reader = new MessageStreamReader();
    const written = frames.flatMap((frame) =>
      writer.release([frame], (reader.read(frame), reader.turn()), nothing),
    );
    expect(written.every((piece, i) => piece === frames[i]?.bytes)).toBe(true);
  });

  it("leaves a block that names no index as it came", () => {
    const stream = 'data: {"type":"content_block_start","content_block":{"type":"text","text":""}}\n\n';
    const [frame] = framesIn(stream);
    expect(frame && new MessageStreamWriter().release([frame], readerOf(stream).turn(), nothing)).toEqual([
      frame?.bytes,
    ]);
  });

  it("renumbers what stands behind a removed call", () => {
    const stream = streamOf([
      open(),
      ...text(0, "a"),
      ...calls(1, "x", '{"a":1}'),
      ...calls(2, "y", '{"b":2}'),
      ...text(3, "z"),
      ...end("tool_use"),
    ]);
    const client = new Client().shown(stream, drop(0));
    expect(indexes(client.events)).toEqual([0, 1, 2]);
    expect(client.turn).toMatchObject({
      text: "az",
      finish: "calls",
      calls: [{ id: "y", argumentsText: '{"b":2}' }],
    });
    expect(client.text).not.toContain('"x"');
  });

  it("says that it ended where no call is left, but keeps the reason of a cut", () => {
    const one = streamOf([open(), ...calls(0, "x", "{}"), ...end("tool_use")]);
    expect(new Client().shown(one, drop(0)).turn).toMatchObject({ finish: "stop", calls: [] });
    expect(new Client().shown(fixture("length-in-tool-call.sse"), drop(0)).turn).toMatchObject({
      finish: "length",
      calls: [],
      complete: true,
    });
    const program = call("p", { caller: { type: "code_execution_20260120" } });
    const both = streamOf([
      open(),
      startBlock(0, program),
      stopBlock(0),
      ...calls(1, "x", "{}"),
      ...end("tool_use"),
    ]);
    expect(new Client().shown(both, drop(0)).turn.finish).toBe("calls");
  });

  it("gives a rewritten call as start, one delta and stop", () => {
    const stream = streamOf([
      open(),
      ...calls(0, "x", '{"a":1}'),
      ...calls(1, "y", "{}"),
      ...end("tool_use"),
    ]);
    const client = new Client().shown(stream, (reader) => ({
      changes: reader
        .turn()
        .calls.slice(0, 1)
        .map((one): CallChange => ({ kind: "rewrite", call: one, argumentsText: '{"b": 2}' })),
    }));
    expect(client.events.filter(({ index }) => index === 0).map(({ type }) => type)).toEqual([
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
    ]);
    expect(client.turn.calls.map(({ argumentsText }) => argumentsText)).toEqual(['{"b": 2}', "{}"]);
  });

  it("carries decisions out in blocks that stand in the opening event", () => {
    const stream = streamOf([
      open({ content: [call("x", { input: { a: 1 } }), { type: "text", text: "t" }] }),
      ...calls(2, "y", "{}"),
      ...end("tool_use"),
    ]);
    const client = new Client().shown(stream, drop(0));
    expect(client.events[0]).toMatchObject({ message: { content: [{ type: "text", text: "t" }] } });
    expect(indexes(client.events)).toEqual([1]);
  });

  it("puts the comment before the terminal event, glued to nothing", () => {
    const client = new Client().shown(fixture("tool-call.sse"), { comment: 'longstop {"interventions":1}' });
    expect(client.text).toContain('\n\n: longstop {"interventions":1}\n\nevent: message_stop\n');
  });

  it("ends with the error event", () => {
    const bytes = new MessageStreamWriter().error(new LongstopError("upstream_cut", "Cut."));
    expect(eventsIn(textOf([bytes]))).toMatchObject([{ type: "error", error: { message: "Cut." } }]);
  });
});

describe("writing turns behind one another", () => {
  const first = streamOf([open(), ...text(0, "Let me see."), ...calls(1, "bad", "{}"), ...end("tool_use")]);

  it("keeps one envelope, goes on numbering, and reports once", () => {
    const second = streamOf([
      open({ id: "m2", usage: { input_tokens: 70, cache_read_input_tokens: 9, output_tokens: 2 } }),
      { type: "ping" },
      ...text(0, "Again."),
      ...calls(1, "good", '{"a":1}'),
      ...end("tool_use", { output_tokens: 30 }),
    ]);
    const client = new Client().hidden(first).shown(second, { addOutputTokens: 10 });
    const types = client.events.map(({ type }) => type);
    expect(types.filter((type) => type === "message_start")).toHaveLength(1);
    expect(types.filter((type) => type === "message_delta")).toHaveLength(1);
    expect(types.at(-1)).toBe("message_stop");
    expect(indexes(client.events)).toEqual([0, 1, 2]);
    expect(client.turn).toMatchObject({
      id: "m",
      text: "Let me see.Again.",
      calls: [{ id: "good", argumentsText: '{"a":1}' }],
    });
    // Output of both turns, input of the one that the client sees.
    expect(client.events.find(({ type }) => type === "message_delta")).toMatchObject({
      usage: { output_tokens: 40, input_tokens: 70, cache_read_input_tokens: 9 },
    });
    expect(client.events[0]).toMatchObject({ message: { usage } });
    expect(client.text).not.toContain('"bad"');
  });

  it("leaves input counters that the last event has itself", () => {
    const second = streamOf([
      open({ usage: { input_tokens: 70 } }),
      ...end("end_turn", { input_tokens: 71, output_tokens: 1 }),
    ]);
    const client = new Client().hidden(first).shown(second);
    expect(client.events.at(-2)).toMatchObject({ usage: { input_tokens: 71, output_tokens: 1 } });
  });

  it("takes the envelope of a later turn where nothing of the first one left", () => {
    const second = streamOf([open({ id: "m2" }), ...text(0, "b"), ...end("end_turn")]);
    expect(new Client().unseen().shown(second).text).toBe(second);
  });

  it("goes on behind several turns, thinking included, and removes calls there too", () => {
    const thought = [
      startBlock(0, { type: "thinking", thinking: "", signature: "" }),
      { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "s" } },
      stopBlock(0),
    ];
    const third = streamOf([
      open(),
      ...thought,
      ...calls(1, "x", "{}"),
      ...calls(2, "y", "{}"),
      ...end("tool_use"),
    ]);
    const client = new Client().hidden(first).hidden(first).shown(third, drop(0));
    expect(indexes(client.events)).toEqual([0, 1, 2, 3]);
    expect(client.turn).toMatchObject({ text: "Let me see.Let me see.", calls: [{ id: "y" }] });
  });

  it("sends blocks of a hidden opening event as blocks of their own", () => {
    const second = streamOf([
      open({ content: [{ type: "text", text: "pre" }, call("x", { input: { a: 1 } }), call("y")] }),
      ...calls(3, "z", "{}"),
      ...end("tool_use"),
    ]);
    const client = new Client().hidden(first).shown(second, drop(1));
    expect(indexes(client.events)).toEqual([0, 1, 2, 3]);
    expect(client.turn).toMatchObject({
      text: "Let me see.pre",
      calls: [
        { id: "x", argumentsText: '{"a":1}' },
        { id: "z", argumentsText: "{}" },
      ],
    });
  });

  it("passes an upstream's error of a later turn as it came", () => {
    const client = new Client().hidden(first);
    const [frame] = framesIn(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n',
    );
    expect(frame && client.writer.pass(frame, "error")).toBe(frame?.bytes);
  });
});
