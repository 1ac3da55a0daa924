import { describe, expect, it } from "vitest";
import { eventOf, type StreamEvent } from "../../../src/protocols/openai-responses/stream-event.ts";
import { isFragment, TurnPlan } from "../../../src/protocols/openai-responses/turn-plan.ts";
import { fixture, framesIn, readerOf } from "./traffic.ts";

const frames = framesIn(fixture("tool-calls-parallel.sse"));
const events = frames.map(eventOf) as StreamEvent[];
const [paris, tokyo] = readerOf(frames).turn().calls;

describe("the plan for a turn", () => {
  it("knows what becomes of each item, in the stream and in the output at its end", () => {
    const plan = new TurnPlan(events, [{ kind: "drop", call: paris! }]);
    const added = events.filter(({ type }) => type === "response.output_item.added");
    expect(added.map((event) => plan.changeOf(plan.itemOf(event))?.kind)).toEqual(["drop", undefined]);
    expect([0, 1, 2].map((index) => plan.removedBefore(index))).toEqual([0, 1, 1]);
    const element = { type: "function_call", call_id: paris!.id };
    expect(plan.changeOfElement(element, 0)?.kind).toBe("drop");
    expect(plan.changeOf(undefined)).toBeUndefined();
  });

  it("sends new arguments with the last piece", () => {
    const plan = new TurnPlan(events, [{ kind: "rewrite", call: tokyo!, argumentsText: "{}" }]);
    const pieces = events.filter((event) => isFragment(event) && event.body["output_index"] === 1);
    const carriers = pieces.filter((event) => plan.isLastPiece(plan.itemOf(event)!, event));
    expect(carriers).toEqual([pieces.at(-1)]);
    expect(plan.hasPieces(plan.itemOf(pieces[0]!)!)).toBe(true);
  });
});
