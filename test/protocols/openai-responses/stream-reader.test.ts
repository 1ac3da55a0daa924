import { describe, expect, it } from "vitest";
import { ResponseStreamReader } from "../../../src/protocols/openai-responses/stream-reader.ts";
import { callItem, eventFrameOf, fixture, framesIn, readerOf, type Json } from "./traffic.ts";

const added = (index: number, item: Json) =>
  eventFrameOf("response.output_item.added", { output_index: index, item });
const ended = (type: string, response: Json) =>
  eventFrameOf(`response.${type}`, { response: { id: "r", status: type, ...response } });

describe("reading a stream", () => {
  it("tells what flows from what is held", () => {
    const reader = new ResponseStreamReader();
    const roles = [
      eventFrameOf("response.created", { response: { id: "r", output: [] } }),
      added(0, { type: "reasoning", id: "rs" }),
      added(1, { type: "mcp_call", id: "mcp", name: "get" }),
      eventFrameOf("response.mcp_call_arguments.delta", { output_index: 1, delta: "{}" }),
      added(2, { type: "mcp_approval_request", id: "a", name: "delete" }),
      added(3, callItem("p", { caller: { type: "program", caller_id: "x" } })),
      eventFrameOf("keepalive", { sequence_number: 9 }),
      added(4, callItem("c1")),
      eventFrameOf("response.function_call_arguments.delta", { output_index: 4, delta: "" }),
      ended("completed", { output: [] }),
    ].map((frame) => reader.read(frame));
    expect(roles).toEqual([
      "preamble",
      "text",
      "text",
      "text",
      "text",
      "text",
      "preamble",
      "call",
      "call",
      "call",
    ]);
    expect(reader.turn()).toMatchObject({
      id: "r",
      providerCalls: ["get", "delete", "get_weather"],
      complete: true,
    });
  });

  it("holds a call that only an event with the whole response has", () => {
    const output = [callItem("c1", { id: "fc_1" })];
    expect(readerOf([ended("completed", { output })]).turn().calls).toHaveLength(1);
    expect(new ResponseStreamReader().read(ended("completed", { output }))).toBe("call");
    const begun = eventFrameOf("response.in_progress", { response: { id: "r", output } });
    expect(new ResponseStreamReader().read(begun)).toBe("call");
    expect(new ResponseStreamReader().read(ended("completed", { output: [] }))).toBe("end");
  });

  it.each(["midstream-error.sse", "midstream-error-flat.sse", "faults/midstream-failed.sse"])(
    "never takes a failed answer for whole: %s",
    (name) => {
      const reader = new ResponseStreamReader();
      const roles = framesIn(fixture(name)).map((frame) => reader.read(frame));
      expect(roles).toContain("error");
      expect(reader.turn().complete).toBe(false);
    },
  );

  it("tells the text of the frames that it was given, and no more", () => {
    const frames = framesIn(fixture("text-and-tool-call.sse"));
    const all = readerOf(frames).turn().text;
    const from = frames.findIndex(({ data }) => data?.includes("function_call"));
    expect(all).not.toBe("");
    expect(readerOf(frames.slice(from)).turn()).toMatchObject({ text: "", calls: [{ name: "get_weather" }] });
  });

  it("reads an answer that is fetched from behind some event", () => {
    const frames = framesIn(fixture("tool-calls-parallel.sse"));
    for (let after = 0; after < frames.length - 1; after++) {
      const { calls, finish, complete } = readerOf(frames.slice(after)).turn();
      expect({ calls: calls.map(({ argumentsText }) => argumentsText).sort(), finish, complete }).toEqual({
        calls: ['{"city":"Paris","unit":"celsius"}', '{"city":"Tokyo","unit":"celsius"}'],
        finish: "calls",
        complete: true,
      });
    }
  });

  it("knows the provider's very last event, and whether it kept anything", () => {
    const reader = readerOf(framesIn(fixture("thinking-and-tool-call.sse")));
    expect([reader.ended, reader.isStored]).toEqual([true, false]);
    expect(reader.items.map(({ fields }) => fields["type"])).toEqual(["reasoning", "function_call"]);
  });
});
