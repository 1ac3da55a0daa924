import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/protocols/openai-chat/answer.ts";
import { ChatStreamReader } from "../../../src/protocols/openai-chat/stream-reader.ts";
import { readPrompt } from "../../../src/protocols/openai-chat/read-prompt.ts";
import { streamOf } from "../../../src/protocols/openai-chat/stream-of-whole.ts";
import { wholeOf } from "../../../src/protocols/openai-chat/whole-of-stream.ts";
import { anyAnswer } from "./any-answer.ts";
import { eventsIn, framesIn } from "./traffic.ts";

const plain = readPrompt('{"messages":[],"stream":true}');
const withUsage = readPrompt('{"messages":[],"stream_options":{"include_usage":true}}');

/** A whole answer with one choice, as JSON. */
function answerOf(message: unknown, more: object = {}, choice: object = {}): string {
  const choices = [{ index: 0, message, finish_reason: "stop", ...choice }];
  return JSON.stringify({ id: "c1", object: "chat.completion", created: 1, model: "m", choices, ...more });
}

function eventsOf(answer: string, prompt = plain): unknown[] {
  return eventsIn(streamOf(answer, prompt) ?? "");
}

/** The deltas of the first choice, one behind the other. */
function deltasOf(answer: string): unknown[] {
  return eventsOf(answer).flatMap((event) =>
    event === "[DONE]" ? [] : (event as { choices: { delta: unknown }[] }).choices.map(({ delta }) => delta),
  );
}

const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };

describe("the stream of a whole answer", () => {
  it("tells every answer so that it can be put together again", () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const stream = streamOf(answer, withUsage);
        expect(JSON.parse(wholeOf(stream ?? "") ?? "null")).toEqual(JSON.parse(answer));
      }),
    );
  });

  it("reads as the same turn", () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const reader = new ChatStreamReader();
        for (const frame of framesIn(streamOf(answer, withUsage) ?? "")) reader.read(frame);
        expect(reader.turn()).toEqual(readAnswer(answer).turn);
        expect(reader.ended).toBe(true);
      }),
    );
  });

  it("opens with the role, and says each thing in one piece, in the order of a real stream", () => {
    const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
    const message = {
      role: "assistant",
      content: "a",
      refusal: null,
      annotations: [],
      reasoning_content: "because",
      tool_calls: [call, { ...call, id: "call_2" }],
    };
    expect(deltasOf(answerOf(message))).toEqual([
      { role: "assistant", content: "", refusal: null, annotations: [] },
      { reasoning_content: "because" },
      { content: "a" },
      { tool_calls: [{ ...call, index: 0 }] },
      { tool_calls: [{ ...call, id: "call_2", index: 1 }] },
      {},
    ]);
    expect(deltasOf(answerOf({ role: "assistant", content: null, refusal: "No." }))).toEqual([
      { role: "assistant", content: null, refusal: "" },
      { refusal: "No." },
      {},
    ]);
  });

  it("says in every chunk whose answer it is, and at the end what the vendor adds", () => {
    const more = { service_tier: "default", system_fingerprint: null, citations: ["https://a.example"] };
    const own = { native_finish_reason: "STOP" };
    const [first, second, third, done] = eventsOf(answerOf({ role: "assistant", content: "a" }, more, own));
    const shared = { id: "c1", object: "chat.completion.chunk", created: 1, model: "m" };
    const tier = { service_tier: "default", system_fingerprint: null };
    expect(first).toEqual({
      ...shared,
      ...tier,
      choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }],
    });
    expect(second).toMatchObject({ ...shared, ...tier, choices: [{ delta: { content: "a" } }] });
    expect(third).toEqual({
      ...shared,
      ...more,
      choices: [{ index: 0, delta: {}, finish_reason: "stop", ...own }],
    });
    expect(done).toBe("[DONE]");
  });

  it("tells the usage in a chunk of its own, and only to a client that asked for it", () => {
    const answer = answerOf({ role: "assistant", content: "a" }, { usage });
    const asked = eventsOf(answer, withUsage);
    expect(asked.slice(0, 3)).toMatchObject([{ usage: null }, { usage: null }, { usage: null }]);
    expect(asked.slice(3)).toEqual([
      { id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices: [], usage },
      "[DONE]",
    ]);
    expect(streamOf(answer, plain)).not.toContain("usage");
    const refused = readPrompt('{"messages":[],"stream_options":{"include_usage":false}}');
    expect(streamOf(answer, refused)).toBe(streamOf(answer, plain));
  });

  it("gives probabilities beside the text that they are of", () => {
    const logprobs = { content: [{ token: "a", logprob: -0.5 }], refusal: null };
    const events = eventsOf(answerOf({ role: "assistant", content: "a", reasoning: "b" }, {}, { logprobs }));
    expect(events).toMatchObject([
      { choices: [{ logprobs: null }] },
      { choices: [{ logprobs: null, delta: { reasoning: "b" } }] },
      { choices: [{ logprobs, delta: { content: "a" } }] },
      { choices: [{ logprobs: null, finish_reason: "stop" }] },
      "[DONE]",
    ]);
  });

  it("keeps the spelling of numbers", () => {
    const answer = answerOf({ role: "assistant", content: "a" }).replace(
      '"stop"',
      '"stop","seed":12345678901234567890',
    );
    expect(streamOf(answer, plain)).toContain('"seed":12345678901234567890');
    expect(wholeOf(streamOf(answer, plain) ?? "")).toContain('"seed":12345678901234567890');
  });

  it.each([
    ["no choice", JSON.stringify({ choices: [] })],
    ["no message", JSON.stringify({ choices: [{ index: 0, finish_reason: "stop" }] })],
    ["a choice that is none", JSON.stringify({ choices: [7] })],
    ["an error", answerOf({ role: "assistant", content: "a" }, { error: { message: "Broken." } })],
    ["no reason to stop", answerOf({ role: "assistant", content: "a" }, {}, { finish_reason: null })],
    ["a delta", answerOf({ role: "assistant", content: "a" }, {}, { delta: { content: "b" } })],
    ["sound", answerOf({ role: "assistant", content: null, audio: { id: "a1", data: "UklG" } })],
    ["content that is none", answerOf({ role: "assistant", content: { type: "text", text: "a" } })],
    ["a refusal that is none", answerOf({ role: "assistant", content: null, refusal: ["No."] })],
    ["a call that is none", answerOf({ role: "assistant", content: null, tool_calls: ["f"] })],
    [
      "arguments that are no text",
      answerOf({
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c", function: { name: "f", arguments: {} } }],
      }),
    ],
    [
      "two choices of one number",
      JSON.stringify({
        choices: [0, 0].map((index) => ({ index, message: { content: "a" }, finish_reason: "stop" })),
      }),
    ],
  ])("is none where the answer has %s", (_, answer) => {
    expect(streamOf(answer, withUsage)).toBeNull();
  });
});
