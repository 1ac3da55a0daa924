import { describe, expect, it } from "vitest";
import {
  clientCalls,
  finishOf,
  isUnderWay,
  providerCallsIn,
  textOfItem,
  usageOf,
} from "../../../src/protocols/openai-responses/output.ts";
import { callItem } from "./traffic.ts";

const message = { type: "message", content: [{ type: "output_text", text: "Hi" }] };
const refusal = { type: "message", content: [{ type: "refusal", refusal: "No." }] };

describe("why the model stopped", () => {
  it.each([
    [{ status: "completed" }, [message], "stop"],
    [{}, [message], "stop"],
    [{ status: "completed" }, [message, callItem("c")], "calls"],
    [{ status: "completed" }, [refusal], "refusal"],
    [
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      [callItem("c")],
      "length",
    ],
    [{ status: "incomplete", incomplete_details: { reason: "content_filter" } }, [], "refusal"],
    [{ status: "incomplete" }, [], "other"],
    [{ status: "failed" }, [], "other"],
    [{ status: "cancelled" }, [], "other"],
    [{ status: "queued" }, [], null],
    [{ status: "in_progress" }, [], null],
  ])("is said by state and items: %j %j", (response, items, expected) => {
    expect(finishOf(response, items)).toBe(expected);
    expect(isUnderWay(response)).toBe(expected === null);
  });
});

describe("the calls of an answer that was cut", () => {
  it("are whole but for the last item, and those that say so themselves", () => {
    const items = [
      callItem("a", { status: "completed" }),
      callItem("b", { status: "incomplete" }),
      callItem("c", { status: "completed" }),
    ];
    expect(clientCalls({ status: "incomplete" }, items).map(({ truncated }) => truncated)).toEqual([
      false,
      true,
      true,
    ]);
    expect(
      clientCalls({ status: "incomplete" }, [items[0]!, message]).map(({ truncated }) => truncated),
    ).toEqual([false]);
    expect(clientCalls({ status: "completed" }, items).map(({ truncated }) => truncated)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe("what else an answer says", () => {
  it("is its text, the calls that nobody holds, and its tokens", () => {
    expect([message, refusal, callItem("c")].map(textOfItem)).toEqual(["Hi", "No.", ""]);
    expect(providerCallsIn([message, { type: "code_interpreter_call" }, callItem("c")])).toEqual([
      "code_interpreter",
    ]);
    const details = { cached_tokens: 3, cache_write_tokens: 2 };
    expect(usageOf({ input_tokens: 9, output_tokens: 1, input_tokens_details: details })).toEqual({
      inputTokens: 9,
      outputTokens: 1,
      cacheReadTokens: 3,
      cacheWriteTokens: 2,
    });
    expect(usageOf(null)).toBeUndefined();
  });
});
