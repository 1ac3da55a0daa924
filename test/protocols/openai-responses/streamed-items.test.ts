import { describe, expect, it } from "vitest";
import { eventOf, type StreamEvent } from "../../../src/protocols/openai-responses/stream-event.ts";
import { indexOf, itemIn, StreamedItems } from "../../../src/protocols/openai-responses/streamed-items.ts";
import { callItem, eventFrameOf, type Json } from "./traffic.ts";

const event = (type: string, more: Json = {}) => eventOf(eventFrameOf(type, more)) as StreamEvent;
const added = (index: number, item: Json) =>
  event("response.output_item.added", { output_index: index, item });

describe("the items of a stream", () => {
  it("get their events by number, or by id where there is none", () => {
    const items = new StreamedItems();
    const call = items.take(added(1, callItem("c1", { id: "fc_1" })));
    expect(items.find(event("response.function_call_arguments.delta", { output_index: 1 }))).toBe(call);
    const other = items.take(event("response.output_item.added", { item: callItem("c2", { id: "fc_2" }) }));
    expect(items.take(event("response.function_call_arguments.delta", { item_id: "fc_2", delta: "x" }))).toBe(
      other,
    );
    expect([call, other].map((item) => items.positionOf(item!))).toEqual([0, 1]);
  });

  it("count only what the client would execute", () => {
    const items = new StreamedItems();
    const message = items.take(added(0, { type: "message", id: "msg" }));
    const program = items.take(added(1, callItem("p", { caller: { type: "program", caller_id: "x" } })));
    const call = items.take(added(2, callItem("c")));
    expect([message, program, call].map((item) => items.positionOf(item!))).toEqual([-1, -1, 0]);
  });

  it("are taken up in the middle", () => {
    const items = new StreamedItems();
    const resumed = items.take(
      event("response.function_call_arguments.delta", { output_index: 3, item_id: "fc", delta: "x" }),
    );
    expect(resumed).toMatchObject({ opened: false, callsClient: true });
    expect(items.take(event("response.unheard_of", { output_index: 9 }))).toBeUndefined();
  });

  it("are known again in the output of a response: by id, by call, or by place", () => {
    const items = new StreamedItems();
    const first = items.take(added(0, callItem("same", { id: "fc_1" })))!;
    const second = items.take(added(1, callItem("same")))!;
    expect(items.matching(callItem("same", { id: "fc_1" }), 5)).toBe(first);
    expect(items.matching(callItem("same"), 1)).toBe(second);
    expect(items.matching(callItem("other", { id: "fc_9" }), 0)).toBeUndefined();
  });

  it("may stand nowhere but in the last event", () => {
    const items = new StreamedItems();
    items.take(
      event("response.completed", { response: { output: [{ type: "message", id: "m" }, callItem("c1")] } }),
    );
    expect(items.items.map(({ fields }) => fields["type"])).toEqual(["function_call"]);
    const whole = new StreamedItems();
    whole.take(event("response.created", { response: { output: [] } }));
    whole.take(event("response.completed", { response: { output: [{ type: "message", id: "m" }] } }));
    expect(whole.items).toHaveLength(1);
  });

  it("are JSON texts as they came", () => {
    const one = added(4, callItem("c1"));
    expect(itemIn(one)?.raw).toBe(JSON.stringify(callItem("c1")));
    expect(indexOf(one)).toBe(4);
    expect(itemIn(event("keepalive"))).toBeUndefined();
  });
});
