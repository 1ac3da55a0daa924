import { describe, expect, it } from "vitest";
import { JoinedMessage } from "../../../src/protocols/anthropic-messages/joined-message.ts";
import { wholeOf } from "../../../src/protocols/anthropic-messages/whole-of-stream.ts";
import { framesIn } from "../../../src/wire/sse.ts";

const event = (type: string, more: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const startWith = (...content: readonly object[]): string =>
  event("message_start", {
    message: {
      id: "msg_2",
      type: "message",
      role: "assistant",
      model: "m",
      content,
      stop_reason: null,
      usage: { input_tokens: 30, output_tokens: 1 },
    },
  });
const start = startWith();
const text = (index: number, opening: string, ...pieces: readonly string[]): string =>
  event("content_block_start", { index, content_block: { type: "text", text: opening } }) +
  pieces
    .map((one) => event("content_block_delta", { index, delta: { type: "text_delta", text: one } }))
    .join("") +
  event("content_block_stop", { index });
const call = (index: number): string =>
  event("content_block_start", {
    index,
    content_block: { type: "tool_use", id: `c${index}`, name: "b", input: {} },
  }) +
  event("content_block_delta", { index, delta: { type: "input_json_delta", partial_json: '{"a":1}' } }) +
  event("content_block_stop", { index });
const end = (reason: string): string =>
  event("message_delta", {
    delta: { stop_reason: reason, stop_sequence: null },
    usage: { output_tokens: 20 },
  }) + event("message_stop");

interface Whole {
  readonly id: string;
  readonly content: readonly { readonly type: string; readonly text?: string; readonly id?: string }[];
  readonly stop_reason: string;
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
}

function joined(before: string, stream: string, addOutputTokens = 0): string {
  const join = new JoinedMessage(before, addOutputTokens);
  const bytes = framesIn(stream).flatMap((frame) => join.take(frame));
  return Buffer.concat(bytes).toString("utf8");
}
const wholeJoined = (before: string, stream: string, add = 0): Whole =>
  JSON.parse(wholeOf(joined(before, stream, add)) ?? "{}") as Whole;
const textJoined = (before: string, ...pieces: readonly string[]): string | undefined =>
  wholeJoined(before, start + text(0, "", ...pieces) + end("end_turn")).content[0]?.text;

describe("a message that goes on behind a text", () => {
  it("is one message: one block of both texts, under its own id", () => {
    const whole = wholeJoined("It is", start + text(0, "", " warm", ".") + end("end_turn"));
    expect(whole).toMatchObject({
      id: "msg_2",
      content: [{ type: "text", text: "It is warm." }],
      stop_reason: "end_turn",
    });
    expect(whole.content).toHaveLength(1);
  });

  it("has the input of its own, and the output of both", () => {
    const stream = start + text(0, "", ".") + end("end_turn");
    expect(wholeJoined("It is", stream, 7).usage).toEqual({ input_tokens: 30, output_tokens: 27 });
    expect(wholeJoined("It is", stream).usage.output_tokens).toBe(20);
  });

  it.each([
    ["the model says it again", "It is ", [" warm"], "It is warm"],
    ["the model says it in pieces", "It is\n\n", ["\n", "\n", "\nWarm"], "It is\n\n\nWarm"],
    ["the model leaves it out", "It is ", ["warm"], "It is warm"],
    ["the model says a part of it", "It is\n\n", ["\nWarm"], "It is\n\nWarm"],
    ["the model says other white space", "It is ", ["\nWarm"], "It is \nWarm"],
    ["there is none", "It is", [" warm"], "It is warm"],
    ["more comes later", "It is ", [" ", "  warm  ", " and"], "It is   warm   and"],
    ["the model says nothing else", "It is ", [" "], "It is "],
  ])("has white space between both once where %s", (_when, before, pieces, whole) => {
    expect(textJoined(before, ...pieces)).toBe(whole);
  });

  it("takes a text that the block opens with", () => {
    const whole = wholeJoined("It is ", start + text(0, " so", " warm") + end("end_turn"));
    expect(whole.content).toEqual([{ type: "text", text: "It is so warm" }]);
  });

  it("ends the text before blocks of other kinds, and counts them on", () => {
    const whole = wholeJoined("I look ", start + call(0) + text(1, "", " So.") + end("tool_use"));
    expect(whole.content.map(({ type, text: said, id }) => said ?? id ?? type)).toEqual([
      "I look ",
      "c0",
      " So.",
    ]);
    const behind = wholeJoined("I look", start + text(0, "", ".") + call(1) + call(2) + end("tool_use"));
    expect(behind.content.map(({ text: said, id }) => said ?? id)).toEqual(["I look.", "c1", "c2"]);
  });

  it("keeps blocks in their place that come with its opening", () => {
    const open = { type: "tool_use", id: "c9", name: "b", input: { a: 1 } };
    const whole = wholeJoined("I look", startWith(open) + text(1, "", "So.") + end("tool_use"));
    expect(whole.content.map(({ text: said, id }) => said ?? id)).toEqual(["I look", "c9", "So."]);
  });

  it("is the text alone where the model adds nothing", () => {
    expect(wholeJoined("It is", start + end("end_turn")).content).toEqual([{ type: "text", text: "It is" }]);
    const stopped = joined("It is", start + event("message_stop"));
    expect(stopped.endsWith(event("content_block_stop", { index: 0 }) + event("message_stop"))).toBe(true);
  });

  it("lets all else pass as it came", () => {
    const ping = event("ping");
    const error = event("error", { error: { type: "overloaded_error", message: "Busy." } });
    const stream = joined(
      "It is",
      `: hello\n\n${start}${ping}${text(0, "", " warm")}data: [DONE]\n\n${error}`,
    );
    expect(stream.startsWith(`: hello\n\n${start}`)).toBe(true);
    for (const one of [ping, "data: [DONE]\n\n", error]) expect(stream).toContain(one);
  });
});
