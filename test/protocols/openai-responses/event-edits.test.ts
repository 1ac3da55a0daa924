import { describe, expect, it } from "vitest";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import {
  callEdits,
  editedEvent,
  madePiece,
  placeEdits,
} from "../../../src/protocols/openai-responses/event-edits.ts";
import { ShownItems } from "../../../src/protocols/openai-responses/shown-items.ts";
import { eventOf, type StreamEvent } from "../../../src/protocols/openai-responses/stream-event.ts";
import { StreamedItem } from "../../../src/protocols/openai-responses/streamed-item.ts";
import { callItem, eventFrameOf, eventsIn, textIn, type Json } from "./traffic.ts";

const event = (type: string, more: Json) => eventOf(eventFrameOf(type, more)) as StreamEvent;
const added = event("response.output_item.added", {
  sequence_number: 7,
  output_index: 2,
  item: callItem("c1", { id: "fc" }),
});
const edited = (one: StreamEvent, edits: Parameters<typeof applyEdits>[1]) =>
  JSON.parse(applyEdits(one.text, edits)) as Json;

describe("edits on an event", () => {
  it("give it the number that the client knows", () => {
    const shown = new ShownItems();
    expect(edited(added, placeEdits(added, 1, shown))["output_index"]).toBe(1);
    expect(placeEdits(added, 2, shown)).toEqual([]);
    expect(placeEdits(added, undefined, shown)).toEqual([]);
  });

  it("give it the id that the client knows", () => {
    const shown = new ShownItems();
    shown.take(added, 2);
    shown.nextTurn();
    shown.take(added, 5);
    expect(edited(added, placeEdits(added, 2, shown))["item"].id).toBe("fc_2");
    const piece = event("response.function_call_arguments.delta", {
      output_index: 2,
      item_id: "fc",
      delta: "",
    });
    expect(edited(piece, placeEdits(piece, 2, shown))["item_id"]).toBe("fc_2");
  });

  it.each([
    ["response.output_item.added", { item: callItem("c1") }, { item: { arguments: "" } }],
    ["response.function_call_arguments.delta", { delta: "x" }, { delta: "{}" }],
    ["response.custom_tool_call_input.delta", { delta: "x" }, { delta: "{}" }],
    ["response.function_call_arguments.done", { arguments: "x" }, { arguments: "{}" }],
    ["response.custom_tool_call_input.done", { input: "x" }, { input: "{}" }],
    ["response.output_item.done", { item: callItem("c1") }, { item: { arguments: "{}" } }],
    ["response.something_new", { item: 7 }, { item: 7 }],
  ])("give a call other arguments: %s", (type, more, expected) => {
    const one = event(type, more);
    expect(edited(one, callEdits(one, "{}"))).toMatchObject(expected);
  });

  it("make the one piece that clients look for", () => {
    const item = new StreamedItem(2, true, "{}", callItem("c1"));
    const [made] = eventsIn(textIn([madePiece(editedEvent(added, []), item, "{}")]));
    expect(made).toEqual({
      type: "response.function_call_arguments.delta",
      sequence_number: 7,
      item_id: "fc",
      output_index: 2,
      delta: "{}",
    });
    expect(editedEvent(added, placeEdits(added, 9, new ShownItems())).body["output_index"]).toBe(9);
  });
});
