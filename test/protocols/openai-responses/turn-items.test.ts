import { describe, expect, it } from "vitest";
import type { CallOutcome } from "../../../src/exchange/turn.ts";
import { readAnswer } from "../../../src/protocols/openai-responses/answer.ts";
import {
  assistantMessages,
  continuePrompt,
  resultMessages,
} from "../../../src/protocols/openai-responses/turn-items.ts";
import { callItem, fixture, framesIn, promptOf, readerOf, type Json } from "./traffic.ts";

const parsed = (texts: readonly string[]) => texts.map((text) => JSON.parse(text) as Json);
const whole = (output: unknown, more: object = {}) =>
  ({
    kind: "whole",
    answer: readAnswer(JSON.stringify({ id: "r", status: "completed", output, ...more })),
  }) as const;
const thought = { type: "reasoning", id: "rs_1", summary: [] };
const call = callItem("c1", { id: "fc_1" });

function outcomesOf(record: ReturnType<typeof whole>): CallOutcome[] {
  return record.answer.turn.calls.map((one) => ({ call: one, text: "refused", isError: true }));
}

describe("the items of a turn that goes back", () => {
  it("are the bytes that came, whole and streamed", () => {
    const stream = {
      kind: "stream",
      reader: readerOf(framesIn(fixture("thinking-and-tool-call.sse"))),
    } as const;
    const answer = { kind: "whole", answer: readAnswer(fixture("thinking-and-tool-call.json")) } as const;
    expect(parsed(assistantMessages(stream))).toEqual(parsed(assistantMessages(answer)));
    expect(fixture("thinking-and-tool-call.sse")).toContain(assistantMessages(stream)[1]);
  });

  it("are without the reasoning that nobody has kept, and the ids that are bound to it", () => {
    expect(parsed(assistantMessages(whole([thought, call], { store: true })))).toEqual([thought, call]);
    const sealed = { ...thought, encrypted_content: "x" };
    expect(parsed(assistantMessages(whole([sealed, call], { store: false })))).toEqual([sealed, call]);
    expect(parsed(assistantMessages(whole([thought, call], { store: false })))).toEqual([callItem("c1")]);
  });

  it("have arguments that every server can read", () => {
    const broken = [
      callItem("a", { arguments: '{"city' }),
      callItem("b", { arguments: "[]" }),
      { type: "custom_tool_call", call_id: "c", name: "sql", input: "{" },
    ];
    expect(
      parsed(assistantMessages(whole(broken))).map((item) => item["arguments"] ?? item["input"]),
    ).toEqual(["{}", "{}", "{"]);
  });

  it("are put together where a stream never gave them whole", () => {
    const frames = framesIn(fixture("tool-call.sse")).filter(
      ({ event }) => event !== "response.output_item.done" && event !== "response.completed",
    );
    const [item] = parsed(assistantMessages({ kind: "stream", reader: readerOf(frames) }));
    expect(item?.["arguments"]).toBe('{"city":"Paris","unit":"celsius"}');
  });

  it("come from a reader of this protocol", () => {
    const reader = { read: () => "text" as const, ended: false, turn: () => readerOf([]).turn() } as const;
    expect(() => assistantMessages({ kind: "stream", reader })).toThrow("of another protocol");
  });
});

describe("the request that asks again", () => {
  const record = whole([thought, call]);
  it.each([
    [promptOf("Hi"), [{ role: "user", content: "Hi" }, thought, call, "result"]],
    [promptOf([{ role: "user", content: "Hi" }]), [{ role: "user", content: "Hi" }, thought, call, "result"]],
    [promptOf(undefined, { previous_response_id: "r" }), [thought, call, "result"]],
    [promptOf("Hi", { conversation: "conv_1" }), ["result"]],
  ])("has the turn behind what the client sent, as far as the provider has it not", (prompt, expected) => {
    const result = { type: "function_call_output", call_id: "c1", output: "refused" };
    const body = JSON.parse(continuePrompt(prompt, record, outcomesOf(record))) as Json;
    expect(body["input"]).toEqual(expected.map((item) => (item === "result" ? result : item)));
  });

  it("answers free text as free text", () => {
    const custom = whole([{ type: "custom_tool_call", call_id: "c", name: "sql", input: "x" }]);
    expect(parsed(resultMessages(outcomesOf(custom)))).toEqual([
      { type: "custom_tool_call_output", call_id: "c", output: "refused" },
    ]);
  });
});
