import { describe, expect, it } from "vitest";
import { wholeOf } from "../../../src/protocols/openai-responses/whole-of-stream.ts";
import { eventFrameOf, eventsIn, fixture, textIn, type Json } from "./traffic.ts";
import { answerOf, cutAnswer, said, weatherCall } from "./whole-answers.ts";

const started = eventFrameOf("response.created", {
  response: { ...answerOf([]), status: "in_progress", usage: null },
});

function itemFrames(item: Json, index = 0) {
  return [
    eventFrameOf("response.output_item.added", { output_index: index, item: { ...item, arguments: "" } }),
    eventFrameOf("response.function_call_arguments.delta", {
      output_index: index,
      item_id: item["id"],
      delta: item["arguments"],
    }),
    eventFrameOf("response.output_item.done", { output_index: index, item }),
  ];
}

const streamOf = (frames: readonly ReturnType<typeof eventFrameOf>[]) =>
  textIn(frames.map(({ bytes }) => bytes));

function wholeIn(...frames: readonly ReturnType<typeof eventFrameOf>[]): Json | null {
  const whole = wholeOf(streamOf([started, ...frames]));
  return whole === null ? null : (JSON.parse(whole) as Json);
}

const completed = (response: unknown) => eventFrameOf("response.completed", { response });

describe("the whole answer that a stream tells", () => {
  it.each([
    "text.sse",
    "thinking-and-tool-call.sse",
    "mcp-call.sse",
    "length-in-tool-call.sse",
    "keepalive-event.sse",
  ])("is what its last event has, byte for byte: %s", (name) => {
    const whole = wholeOf(fixture(name)) ?? "";
    expect(fixture(name)).toContain(`"response":${whole}}`);
    expect(JSON.parse(whole)).toEqual(eventsIn(fixture(name)).at(-1)?.["response"]);
  });

  it("is an answer that failed, as it is in its own form", () => {
    const response = answerOf([{ type: "message" }], { status: "failed", error: { code: "server_error" } });
    expect(wholeIn(eventFrameOf("response.failed", { response }))).toEqual(response);
  });

  it("is an answer that was cut, or cancelled", () => {
    const text = [
      eventFrameOf("response.output_item.done", { output_index: 0, item: cutAnswer["output"][0] }),
    ];
    expect(wholeIn(...text, eventFrameOf("response.incomplete", { response: cutAnswer }))).toEqual(cutAnswer);
    const response = answerOf([], { status: "cancelled" });
    expect(wholeIn(eventFrameOf("response.cancelled", { response }))).toEqual(response);
  });

  it.each([[[]], [null], [undefined]])(
    "has the items that were closed where the last event leaves them out: %j",
    (output) => {
      const whole = wholeIn(...itemFrames(weatherCall), completed({ ...answerOf([]), output }));
      expect(whole).toEqual(answerOf([weatherCall]));
    },
  );

  it("has items that only the last event has", () => {
    expect(wholeIn(completed(answerOf([said("So"), weatherCall])))).toEqual(
      answerOf([said("So"), weatherCall]),
    );
  });

  it("takes the spelling of the last event for arguments that mean the same", () => {
    const spelt = { ...weatherCall, arguments: '{"city":"Paris","days":2.5}' };
    expect(wholeIn(...itemFrames(weatherCall), completed(answerOf([spelt])))).toEqual(answerOf([spelt]));
  });

  it("ignores what stands behind the last event", () => {
    expect(wholeOf(`${fixture("text.sse")}data: [DONE]\n\nevent: error\ndata: {}\n\n`)).toBe(
      wholeOf(fixture("text.sse")),
    );
  });
});

describe("a stream without a whole answer", () => {
  it("is one that was cut inside its last event, not behind it: some leave the last blank line out", () => {
    const sse = fixture("tool-call.sse").trimEnd();
    expect(wholeOf(sse)).toBe(wholeOf(fixture("tool-call.sse")));
    expect(wholeOf(sse.slice(0, -1))).toBeNull();
  });

  it.each(["midstream-error.sse", "midstream-error-flat.sse"])("is one with an error: %s", (name) => {
    expect(wholeOf(fixture(name))).toBeNull();
  });

  const delta = (text: string) => [
    eventFrameOf("response.output_item.added", { output_index: 0, item: { ...said(""), content: [] } }),
    eventFrameOf("response.output_text.delta", {
      output_index: 0,
      item_id: "msg_1",
      content_index: 0,
      delta: text,
    }),
  ];

  it.each([
    ["another id", [completed({ ...answerOf([]), id: "resp_02" })]],
    ["another text", [...delta("Yes."), completed(answerOf([said("No.")]))]],
    [
      "other arguments",
      [...itemFrames(weatherCall), completed(answerOf([{ ...weatherCall, arguments: "{}" }]))],
    ],
    [
      "another id of a call",
      [...itemFrames(weatherCall), completed(answerOf([{ ...weatherCall, call_id: "call_9" }]))],
    ],
    ["fewer calls", [...itemFrames(weatherCall), completed(answerOf([said("")]))]],
    [
      "fewer items",
      [
        eventFrameOf("response.output_item.done", {
          output_index: 0,
          item: { id: "rs_1", type: "reasoning", summary: [] },
        }),
        ...itemFrames(weatherCall, 1),
        completed(answerOf([weatherCall])),
      ],
    ],
    ["none of the items that were not closed", [itemFrames(weatherCall)[0]!, completed(answerOf([]))]],
    ["no end, as it is under way", [completed(answerOf([], { status: "in_progress" }))]],
    ["no end, as it is queued", [completed(answerOf([], { status: "queued" }))]],
    ["no response", [completed("So")]],
    ["no list of items", [completed({ ...answerOf([]), output: "So" })]],
    ["no failure although it failed", [eventFrameOf("response.failed", { response: answerOf([]) })]],
  ])("is one whose last event tells of %s", (_, frames) => {
    expect(wholeIn(...frames)).toBeNull();
  });
});
