import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import type { CallChange } from "../../../src/exchange/turn.ts";
import { ResponseStreamWriter } from "../../../src/protocols/openai-responses/stream-writer.ts";
import type { Frame } from "../../../src/wire/sse.ts";
import {
  callItem,
  eventFrameOf,
  eventsIn,
  fixture,
  framesIn,
  readerOf,
  textIn,
  type Json,
} from "./traffic.ts";

function released(
  frames: readonly Frame[],
  decide: (calls: ReturnType<typeof readerOf>) => CallChange[],
  added = 0,
): Json[] {
  const reader = readerOf(frames);
  const release = { changes: decide(reader), addOutputTokens: added, comment: "longstop {}" };
  return eventsIn(textIn(new ResponseStreamWriter().release(frames, reader.turn(), release)));
}
const rewriteAll = (reader: ReturnType<typeof readerOf>) =>
  reader.turn().calls.map((call) => ({ kind: "rewrite", call, argumentsText: '{"x":1}' }) as const);

describe("a released call with other arguments", () => {
  it("has one piece, with the number of the last that it stands for, and is the same in all events", () => {
    const events = released(framesIn(fixture("tool-call.sse")), rewriteAll);
    const pieces = events.filter(({ type }) => type === "response.function_call_arguments.delta");
    const originals = eventsIn(fixture("tool-call.sse")).filter(({ type }) => type === pieces[0]?.["type"]);
    expect(pieces).toEqual([{ ...originals.at(-1), delta: '{"x":1}' }]);
    const texts = events.flatMap((event) => [
      event["arguments"],
      event["item"]?.arguments,
      event["response"]?.output[0]?.arguments,
    ]);
    expect(texts.filter((text) => text !== undefined && text !== "")).toEqual([
      '{"x":1}',
      '{"x":1}',
      '{"x":1}',
    ]);
  });

  it("gets a piece although the provider gave none", () => {
    const item = callItem("c1", { id: "fc" });
    const frames = [
      eventFrameOf("response.output_item.added", {
        sequence_number: 0,
        output_index: 0,
        item: { ...item, arguments: "" },
      }),
      eventFrameOf("response.output_item.done", { sequence_number: 1, output_index: 0, item }),
      eventFrameOf("response.completed", {
        sequence_number: 2,
        response: { status: "completed", output: [item] },
      }),
    ];
    const types = released(frames, rewriteAll).map(({ type }) => type as string);
    expect(types).toEqual([
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.output_item.done",
      "response.completed",
    ]);
  });
});

describe("a call that leaves", () => {
  it("leaves no event and no gap", () => {
    const events = released(framesIn(fixture("tool-calls-parallel.sse")), (reader) => [
      { kind: "drop", call: reader.turn().calls[0]! },
    ]);
    expect(JSON.stringify(events)).not.toContain("call_FIXa1");
    const indexes = events.flatMap((event) => event["output_index"] ?? []);
    expect(new Set(indexes)).toEqual(new Set([0]));
    expect(events.at(-1)?.["response"].output).toHaveLength(1);
  });
});

describe("the end of a stream", () => {
  it("has the comment in front, also where nothing else is changed", () => {
    const sse = fixture("tool-call.sse");
    const frames = framesIn(sse);
    const writer = new ResponseStreamWriter();
    const sent = textIn(
      writer.release(frames, readerOf(frames).turn(), {
        changes: [],
        addOutputTokens: 0,
        comment: "longstop {}",
      }),
    );
    expect(sent).toBe(sse.replace("event: response.completed", ": longstop {}\n\nevent: response.completed"));
  });

  it("has a comment although the provider's last blank line is missing", () => {
    const frames = [eventFrameOf("keepalive")].map((frame) => ({
      ...frame,
      bytes: Buffer.from("data: {}"),
      event: undefined,
      data: "{}",
      isComment: false,
    }));
    const sent = textIn(
      new ResponseStreamWriter().release(frames, readerOf([]).turn(), {
        changes: [],
        addOutputTokens: 0,
        comment: "x",
      }),
    );
    expect(sent).toBe("data: {}\n\n: x\n\n");
  });

  it("counts the tokens of the turns that nobody saw", () => {
    const events = released(framesIn(fixture("tool-call.sse")), () => [], 100);
    expect(events.at(-1)?.["response"].usage).toMatchObject({ output_tokens: 120, total_tokens: 165 });
  });
});

describe("what is spliced behind another turn", () => {
  it("goes on in numbers and items, under the first response's id", () => {
    const writer = new ResponseStreamWriter();
    const first = framesIn(fixture("text.sse")).slice(0, 8);
    const sent = first.map((frame) => writer.pass(frame, "text"));
    writer.nextTurn();
    const second = framesIn(fixture("text.sse").replaceAll("resp_0f1x", "resp_other"));
    for (const frame of second.slice(0, -1)) sent.push(writer.pass(frame, "text"));
    const turn = readerOf(second).turn();
    sent.push(
      ...writer.release(second.slice(-1), turn, { changes: [], addOutputTokens: 0, comment: undefined }),
    );
    const events = eventsIn(textIn(sent));
    const numbers = events.map((event) => event["sequence_number"] as number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(JSON.stringify(events)).not.toContain("resp_other");
    expect(events.filter(({ type }) => type === "response.created")).toHaveLength(1);
    // The provider of this fixture gives both messages one id, which the SDK would refuse.
    const ids = events.at(-1)?.["response"].output.map(({ id }: Json) => id as string);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });
});

describe("an error inside a stream", () => {
  it("passes as it came where the provider tells it", () => {
    const frames = framesIn(fixture("midstream-error.sse"));
    const writer = new ResponseStreamWriter();
    const sent = frames.map((frame) =>
      writer.pass(
        frame,
        readerOf([frame]).turn().complete
          ? "end"
          : frame.event === "error" || frame.event === "response.failed"
            ? "error"
            : "text",
      ),
    );
    expect(textIn(sent)).toBe(fixture("midstream-error.sse"));
  });

  it("is told where the provider only ends, and has no call that was held", () => {
    const writer = new ResponseStreamWriter();
    const failed = eventFrameOf("response.failed", {
      sequence_number: 5,
      response: {
        status: "failed",
        error: { code: "x", message: "Broken." },
        output: [{ type: "message", id: "m" }, callItem("c1")],
      },
    });
    const [error, end] = eventsIn(textIn([writer.pass(failed, "error")]));
    expect(error).toMatchObject({ type: "error", error: { message: "Broken." } });
    expect(end?.["response"].output).toEqual([{ type: "message", id: "m" }]);
  });

  it("of ours goes on in the numbers, and has what the client has", () => {
    const writer = new ResponseStreamWriter();
    for (const frame of framesIn(fixture("text.sse")).slice(0, -1)) writer.pass(frame, "text");
    const [error, failed] = eventsIn(textIn([writer.error(new LongstopError("upstream_cut", "Cut."))]));
    expect([error?.["sequence_number"], failed?.["sequence_number"]]).toEqual([11, 12]);
    expect(failed?.["response"]).toMatchObject({
      status: "failed",
      output: [{ type: "message", status: "completed" }],
    });
  });
});
