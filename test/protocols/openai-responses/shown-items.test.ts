import { describe, expect, it } from "vitest";
import { ShownItems } from "../../../src/protocols/openai-responses/shown-items.ts";
import { eventOf, type StreamEvent } from "../../../src/protocols/openai-responses/stream-event.ts";
import { callItem, eventFrameOf, type Json } from "./traffic.ts";

const event = (type: string, index: number, item: Json) =>
  eventOf(eventFrameOf(`response.output_item.${type}`, { output_index: index, item })) as StreamEvent;
const message = { type: "message", id: "msg_1" };

describe("the items that a client has", () => {
  it("are numbered through all turns", () => {
    const shown = new ShownItems();
    shown.take(event("added", 0, message), 0);
    shown.nextTurn();
    const next = event("added", 0, callItem("c1", { id: "fc_1" }));
    expect(shown.numberOf(next)).toBe(1);
    shown.take(next, 1);
    expect(shown.earlier.map((raw) => JSON.parse(raw) as unknown)).toEqual([message]);
    expect(shown.all).toHaveLength(2);
  });

  it("never have one id twice", () => {
    const shown = new ShownItems();
    shown.take(event("added", 0, message), 0);
    shown.nextTurn();
    shown.take(event("added", 0, message), 1);
    shown.take(event("done", 0, { ...message, status: "completed" }), 1);
    expect(shown.idOf("msg_1")).toBe("msg_1_2");
    expect(JSON.parse(shown.all[1]!)).toEqual({ ...message, id: "msg_1_2", status: "completed" });
  });

  it("are told with the arguments that the client was given", () => {
    const shown = new ShownItems();
    shown.take(event("done", 0, callItem("c1")), 0, "{}");
    expect(JSON.parse(shown.all[0]!)).toMatchObject({ arguments: "{}" });
    shown.take(eventOf(eventFrameOf("keepalive")) as StreamEvent, undefined);
    expect(shown.all).toHaveLength(1);
  });
});
