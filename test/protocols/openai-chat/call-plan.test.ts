import { describe, expect, it } from "vitest";
import type { CallChange } from "../../../src/exchange/turn.ts";
import { CallPlan } from "../../../src/protocols/openai-chat/call-plan.ts";
import { CallTracker } from "../../../src/protocols/openai-chat/call-tracker.ts";
import { applyEdits, removeMembers } from "../../../src/wire/json-edit.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";
import type { JsonObject } from "../../../src/wire/json-value.ts";

type Decide = { readonly [position: number]: "drop" | { readonly rewrite: string } };

/** Carries a decision out on deltas that hold all of a turn's calls. */
function carriedOut(deltas: readonly JsonObject[], decide: Decide): unknown[] {
  const tracker = new CallTracker();
  for (const delta of deltas) tracker.take(0, delta);
  const calls = tracker.calls.map((call) => ({ ...call, truncated: false }));
  const changes = calls.flatMap((call): CallChange[] => {
    const to = decide[call.position];
    if (to === undefined) return [];
    return [to === "drop" ? { kind: "drop", call } : { kind: "rewrite", call, argumentsText: to.rewrite }];
  });
  const plan = new CallPlan({ calls }, changes);
  return deltas.map((delta) => {
    const text = JSON.stringify(delta);
    const { edits, gone } = plan.editDelta(text, rootSpan(text), {
      index: 0,
      delta,
      finishReason: undefined,
    });
    return JSON.parse(applyEdits(text, [...edits, ...removeMembers(text, rootSpan(text), gone)])) as unknown;
  });
}

const opening = (index: number, id: string) => ({
  tool_calls: [{ index, id, type: "function", function: { name: "f", arguments: "" } }],
});
const more = (index: number, text: string) => ({ tool_calls: [{ index, function: { arguments: text } }] });

describe("carrying out what was decided about calls", () => {
  it("leaves deltas alone without a change", () => {
    const deltas = [opening(0, "a"), more(0, "{}")];
    expect(carriedOut(deltas, {})).toEqual(deltas);
  });

  it("takes every fragment of a dropped call away, and closes the gap in the numbers", () => {
    const deltas = [opening(0, "a"), more(0, "A"), opening(1, "b"), more(1, "B")];
    expect(carriedOut(deltas, { 0: "drop" })).toEqual([{}, {}, opening(0, "b"), more(0, "B")]);
  });

  it("gives a rewritten call whole in its first fragment", () => {
    const deltas = [opening(0, "a"), more(0, "A"), opening(1, "b"), more(1, "B")];
    const whole = { index: 0, id: "b", type: "function", function: { name: "f", arguments: "{}" } };
    expect(carriedOut(deltas, { 0: "drop", 1: { rewrite: "{}" } })).toEqual([
      {},
      {},
      { tool_calls: [whole] },
      {},
    ]);
  });

  it("takes one of several calls out of one delta", () => {
    const both = { content: "x", tool_calls: [...opening(0, "a").tool_calls, ...opening(1, "b").tool_calls] };
    expect(carriedOut([both], { 0: "drop" })).toEqual([{ content: "x", ...opening(0, "b") }]);
    expect(carriedOut([both], { 0: "drop", 1: "drop" })).toEqual([{ content: "x" }]);
  });

  it("keeps a provider's own numbers where no call leaves", () => {
    const deltas = [opening(3, "a"), more(3, "A")];
    const whole = { index: 3, id: "a", type: "function", function: { name: "f", arguments: "B" } };
    expect(carriedOut(deltas, { 0: { rewrite: "B" } })).toEqual([{ tool_calls: [whole] }, {}]);
  });

  it("changes the deprecated form of a call", () => {
    const deltas = [{ function_call: { name: "f", arguments: "" } }, { function_call: { arguments: "A" } }];
    expect(carriedOut(deltas, { 0: "drop" })).toEqual([{}, {}]);
    expect(carriedOut(deltas, { 0: { rewrite: "B" } })).toEqual([
      { function_call: { name: "f", arguments: "B" } },
      {},
    ]);
  });

  it("knows where an answer would say that it stops for calls, and has none", () => {
    const call = {
      id: "a",
      name: "f",
      kind: "function",
      argumentsText: "",
      choice: 0,
      position: 0,
      truncated: false,
    } as const;
    const plan = new CallPlan({ calls: [call] }, [{ kind: "drop", call }]);
    const ends = (finishReason: string, index = 0) =>
      plan.endsWithoutCalls({ index, delta: {}, finishReason });
    expect([ends("tool_calls"), ends("length"), ends("tool_calls", 1)]).toEqual([true, false, false]);
    expect(
      new CallPlan({ calls: [call] }, []).endsWithoutCalls({
        index: 0,
        delta: {},
        finishReason: "tool_calls",
      }),
    ).toBe(false);
  });
});
