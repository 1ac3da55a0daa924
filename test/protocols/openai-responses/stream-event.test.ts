import { describe, expect, it } from "vitest";
import { frameOf } from "../../../src/wire/sse.ts";
import { eventOf, opening, terminal } from "../../../src/protocols/openai-responses/stream-event.ts";
import { ResponseStreamWriter } from "../../../src/protocols/openai-responses/stream-writer.ts";
import { eventFrameOf } from "./traffic.ts";

describe("what a frame says", () => {
  it("is a comment, nothing, the mark of an end, or an event", () => {
    expect(eventOf(frameOf(": keep-alive\n\n"))).toEqual({ kind: "comment" });
    expect(eventOf(frameOf("data:\n\n"))).toEqual({ kind: "nothing" });
    expect(eventOf(frameOf("data: [DONE]\n\n"))).toEqual({ kind: "done" });
    const event = eventFrameOf("keepalive", { sequence_number: 6 });
    expect(eventOf(event)).toMatchObject({ kind: "event", type: "keepalive", body: { sequence_number: 6 } });
    expect(eventOf(event)).toBe(eventOf(event));
  });

  it("is an error wherever the SDK takes it for one", () => {
    expect(eventOf(frameOf("event: error\ndata: no JSON\n\n"))).toMatchObject({ type: "error" });
    expect(eventOf(frameOf('data: {"error":{"message":"x"}}\n\n'))).toMatchObject({ type: "error" });
    expect(eventOf(frameOf('data: {"type":"error","message":"x"}\n\n'))).toMatchObject({ type: "error" });
    const failed = { response: { error: { message: "x" } } };
    expect(eventOf(eventFrameOf("response.failed", failed))).toMatchObject({ type: "response.failed" });
  });

  it("is refused where an error comes with a call: some clients look for the call alone", () => {
    const item = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
    const error = { message: "x" };
    for (const body of [
      { type: "response.output_item.done", item, error },
      { type: "response.completed", response: { output: [item] }, error },
      { type: "response.function_call_arguments.done", arguments: "{}", error },
    ]) {
      for (const name of ["error", body.type]) {
        expect(() => eventOf(eventFrameOf(name, body))).toThrow(
          expect.objectContaining({ code: "upstream_unreadable" }),
        );
      }
    }
  });

  it("has its type in its data, or else in its name", () => {
    expect(eventOf(frameOf('event: a\ndata: {"type":"b"}\n\n'))).toMatchObject({ type: "b" });
    expect(eventOf(frameOf("event: a\ndata: {}\n\n"))).toMatchObject({ type: "a" });
    expect(opening.has("response.created") && terminal.has("response.completed")).toBe(true);
  });

  it("has a text that can be edited, whatever space stands around it", () => {
    const item = '{"type":"response.output_item.added","output_index":0,"item":{}}';
    for (const space of ["\v", "\f", "\u00a0", "\u2028", "\ufeff"]) {
      const frame = frameOf(`data: ${space}${item}${space}\n\n`);
      expect(eventOf(frame)).toMatchObject({ kind: "event", text: item });
      expect(new ResponseStreamWriter().pass(frame, "text")).toEqual(frame.bytes);
    }
  });

  it.each(["data: {\n\n", "data: 7\n\n", `data: {"x":${"[".repeat(600)}${"]".repeat(600)}}\n\n`])(
    "is refused where it is no event: %j",
    (text) => {
      expect(() => eventOf(frameOf(text))).toThrow(expect.objectContaining({ code: "upstream_unreadable" }));
    },
  );
});
