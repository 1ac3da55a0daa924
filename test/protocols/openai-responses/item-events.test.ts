import { describe, expect, it } from "vitest";
import { itemEvents } from "../../../src/protocols/openai-responses/item-events.ts";
import type { Json } from "./traffic.ts";
import { said, weatherCall } from "./whole-answers.ts";

/** The events of an item, parsed, the first and the last being those that open and close it. */
function eventsOf(item: Json): Json[] {
  const events = itemEvents(JSON.stringify(item), 3) ?? [];
  return events.map(({ type, members }) => ({ type, ...(JSON.parse(`{${members}}`) as Json) }));
}

const typesOf = (item: Json): string[] =>
  eventsOf(item).map(({ type }) => (type as string).replace("response.", ""));

describe("the events of one item", () => {
  it("open it without what comes in pieces, and close it whole", () => {
    const events = eventsOf(weatherCall);
    expect(events[0]).toEqual({
      type: "response.output_item.added",
      output_index: 3,
      item: { ...weatherCall, status: "in_progress", arguments: "" },
    });
    expect(events.slice(1, -1)).toEqual([
      {
        type: "response.function_call_arguments.delta",
        item_id: "fc_1",
        output_index: 3,
        delta: weatherCall["arguments"],
      },
      {
        type: "response.function_call_arguments.done",
        item_id: "fc_1",
        output_index: 3,
        arguments: weatherCall["arguments"],
        name: "get_weather",
      },
    ]);
    expect(events.at(-1)).toEqual({ type: "response.output_item.done", output_index: 3, item: weatherCall });
  });

  it("do not say of a call that was cut that it was done", () => {
    expect(typesOf({ ...weatherCall, status: "incomplete", arguments: '{"ci' })).toEqual([
      "output_item.added",
      "function_call_arguments.delta",
      "output_item.done",
    ]);
  });

  it("have no empty piece", () => {
    expect(typesOf({ ...weatherCall, arguments: "" })).not.toContain("function_call_arguments.delta");
    expect(typesOf(said(""))).not.toContain("output_text.delta");
  });

  it("tell reasoning part by part, in summary and in full", () => {
    const summary = [{ type: "summary_text", text: "Short." }];
    const content = [{ type: "reasoning_text", text: "Long." }];
    const item = { id: "rs_1", type: "reasoning", summary, content, encrypted_content: "e" };
    expect(typesOf(item)).toEqual([
      "output_item.added",
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "content_part.added",
      "reasoning_text.delta",
      "reasoning_text.done",
      "content_part.done",
      "output_item.done",
    ]);
    expect(eventsOf(item)[0]!["item"]).toEqual({ ...item, summary: [], content: [] });
    expect(eventsOf(item)[2]).toMatchObject({ item_id: "rs_1", summary_index: 0, delta: "Short." });
  });

  it("begin a text with nothing of what comes in pieces", () => {
    const annotations = [{ type: "file_path", file_id: "f" }];
    const logprobs = [{ token: "So", logprob: -0.5, top_logprobs: [] }];
    const item = said("So", {}, { annotations, logprobs, x: 1 });
    expect(eventsOf(item)[0]!["item"]).toEqual({ ...item, status: "in_progress", content: [] });
    expect(eventsOf(item)[1]).toMatchObject({
      type: "response.content_part.added",
      part: { type: "output_text", text: "", annotations: [], logprobs: [], x: 1 },
    });
  });

  it("give the chances of a text with its piece and with its end", () => {
    const logprobs = [{ token: "So", logprob: -0.5, top_logprobs: [] }];
    const told = eventsOf(said("So", {}, { logprobs })).filter(({ type }) =>
      (type as string).startsWith("response.output_text."),
    );
    expect(told.map((event) => event["logprobs"] as unknown)).toEqual([logprobs, logprobs]);
  });

  it("give every other item whole", () => {
    const item = { id: "x_1", type: "item_of_tomorrow", status: "completed", payload: [1] };
    expect(eventsOf(item)).toEqual([
      { type: "response.output_item.added", output_index: 3, item },
      { type: "response.output_item.done", output_index: 3, item },
    ]);
    expect(typesOf({ ...item, type: "code_interpreter_call", code: null })).toHaveLength(2);
  });

  it("are none for an item that they cannot name", () => {
    expect(itemEvents('{"type":"message","content":[]}', 0)).toBeNull();
    expect(itemEvents('{"type":"item_of_tomorrow"}', 0)).toHaveLength(2);
    expect(itemEvents('"text"', 0)).toBeNull();
  });
});
