import { describe, expect, it } from "vitest";
import { CallTracker, wireCall } from "../../../src/protocols/openai-chat/call-tracker.ts";
import { fragment } from "./traffic.ts";

function callsAfter(...deltas: readonly unknown[]): unknown[] {
  const tracker = new CallTracker();
  for (const tool_calls of deltas) tracker.take(0, { tool_calls });
  return tracker.calls.map(({ position, id, name, argumentsText }) => [position, id, name, argumentsText]);
}

const begin = (index: number, id: string, text = "") => fragment(index, text, { id, name: `tool_${id}` });

describe("putting fragments of calls together", () => {
  it("joins the fragments of one index", () => {
    expect(callsAfter([begin(0, "a")], [fragment(0, '{"x"')], [fragment(0, ":1}")])).toEqual([
      [0, "a", "tool_a", '{"x":1}'],
    ]);
  });

  it("keeps parallel calls apart, also in one delta and out of order", () => {
    const calls = callsAfter([begin(0, "a"), begin(1, "b")], [fragment(1, "B")], [fragment(0, "A")]);
    expect(calls).toEqual([
      [0, "a", "tool_a", "A"],
      [1, "b", "tool_b", "B"],
    ]);
  });

  it("begins another call where an index comes with a new id, as some providers number all of them 0", () => {
    expect(callsAfter([begin(0, "a", "A")], [begin(0, "b", "B")], [fragment(0, "+")])).toEqual([
      [0, "a", "tool_a", "A"],
      [1, "b", "tool_b", "B+"],
    ]);
  });

  it("goes on with a call where id and name are said again", () => {
    expect(callsAfter([begin(0, "a", "1")], [begin(0, "a", "2")])).toEqual([[0, "a", "tool_a", "12"]]);
  });

  it("does without an index", () => {
    const one = { id: "a", function: { name: "f", arguments: "A" } };
    const two = { id: "b", function: { name: "g", arguments: "B" } };
    expect(callsAfter([one], [{ function: { arguments: "+" } }], [two])).toEqual([
      [0, "a", "f", "A+"],
      [1, "b", "g", "B"],
    ]);
  });

  it("keeps calls without an id apart by their index", () => {
    expect(callsAfter([fragment(0, "A", { name: "f" })], [fragment(1, "B", { name: "g" })])).toEqual([
      [0, "", "f", "A"],
      [1, "", "g", "B"],
    ]);
  });

  it("counts positions for each answer", () => {
    const tracker = new CallTracker();
    for (const choice of [0, 1, 1])
      tracker.take(choice, { tool_calls: [begin(tracker.calls.length, `c${tracker.calls.length}`)] });
    expect(tracker.calls.map(({ choice, position }) => [choice, position])).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
    ]);
  });

  it("refuses a call with two names: clients would disagree on what is called", () => {
    expect(() => callsAfter([begin(0, "a")], [fragment(0, "", { name: "rm" })])).toThrow(
      expect.objectContaining({ code: "upstream_unreadable" }),
    );
  });

  it("reads calls of custom tools and of the deprecated kind", () => {
    const tracker = new CallTracker();
    tracker.take(0, {
      tool_calls: [{ index: 0, id: "a", type: "custom", custom: { name: "sql", input: "" } }],
    });
    tracker.take(0, { tool_calls: [{ index: 0, custom: { input: "select 1" } }] });
    const [opening] = tracker.take(0, { function_call: { name: "old", arguments: "{" } });
    const [more] = tracker.take(0, { function_call: { arguments: "}" } });
    expect([opening?.opens, more?.opens]).toEqual([true, false]);
    expect(tracker.calls).toMatchObject([
      { kind: "custom", name: "sql", argumentsText: "select 1" },
      { kind: "function", name: "old", argumentsText: "{}" },
    ]);
  });

  it("writes a call whole, with the members that it does not know", () => {
    const tracker = new CallTracker();
    const signed = { google: { thought_signature: "s" } };
    tracker.take(0, { tool_calls: [{ ...(begin(0, "a") as object), extra_content: signed, x: null }] });
    expect(wireCall(tracker.calls[0]!, "{}")).toEqual({
      id: "a",
      type: "function",
      function: { name: "tool_a", arguments: "{}" },
      extra_content: signed,
    });
    expect(wireCall({ ...tracker.calls[0]!, kind: "custom" }, "i")).toMatchObject({
      type: "custom",
      custom: { name: "tool_a", input: "i" },
    });
  });
});
