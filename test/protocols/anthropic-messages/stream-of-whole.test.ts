import { createAnthropic } from "@ai-sdk/anthropic";
import Anthropic from "@anthropic-ai/sdk";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/protocols/anthropic-messages/answer.ts";
import { streamOf } from "../../../src/protocols/anthropic-messages/stream-of-whole.ts";
import { wholeOf } from "../../../src/protocols/anthropic-messages/whole-of-stream.ts";
import { startProvider, stream, whole } from "../../conformance/protocol/provider.ts";
import { stepOf } from "../ai-sdk-step.ts";
import { eventsIn, fixture, readerOf } from "./traffic.ts";
import { anyAnswer, answerOf, betaAnswers, richAnswers } from "./whole-answers.ts";

const asked = {
  model: "claude-opus-5-5",
  max_tokens: 9,
  messages: [{ role: "user" as const, content: "?" }],
};

function streamed(answer: unknown): string {
  const text = streamOf(JSON.stringify(answer, null, 2));
  if (text === null) throw new Error("There is a stream for such an answer.");
  return text;
}

async function servedTo<Seen>(
  body: ReturnType<typeof whole>,
  ask: (client: Anthropic, url: string) => Promise<Seen>,
): Promise<Seen> {
  await using provider = await startProvider(body);
  return await ask(new Anthropic({ baseURL: provider.url, apiKey: "k", maxRetries: 0 }), provider.url);
}

describe("a whole answer as a stream", () => {
  it.each(richAnswers)("is the same message for Anthropic's SDK: $name", async ({ answer }) => {
    const plain = await servedTo(whole(JSON.stringify(answer)), (client) => client.messages.create(asked));
    const final = await servedTo(stream(streamed(answer)), (client) =>
      client.messages.stream(asked).finalMessage(),
    );
    expect(withoutRequest(final)).toEqual(withoutRequest(plain));
  });

  it.each([...richAnswers, ...betaAnswers])("is the same message for its beta: $name", async ({ answer }) => {
    const plain = await servedTo(whole(JSON.stringify(answer)), (client) =>
      client.beta.messages.create(asked),
    );
    const final = await servedTo(stream(streamed(answer)), (client) =>
      client.beta.messages.stream(asked).finalMessage(),
    );
    expect(withoutRequest(final)).toEqual(withoutRequest(plain));
  });

  it.each([...richAnswers, ...betaAnswers])("is the same step for the AI SDK: $name", async ({ answer }) => {
    const step = (form: "whole" | "stream") => (_: Anthropic, url: string) =>
      stepOf(createAnthropic({ baseURL: `${url}/v1`, apiKey: "k" })(asked.model), form);
    expect(await servedTo(stream(streamed(answer)), step("stream"))).toEqual(
      await servedTo(whole(JSON.stringify(answer)), step("whole")),
    );
  });

  it("says of its end and its output what the provider says only then", () => {
    const { answer } = betaAnswers[0]!;
    const events = eventsIn(streamed(answer));
    expect(events[0]).toMatchObject({
      type: "message_start",
      message: { content: [], stop_reason: null, context_management: null, usage: { output_tokens: 0 } },
    });
    expect(events.at(-2)).toEqual({
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null, stop_details: null, container: null },
      usage: {
        input_tokens: 45,
        cache_creation_input_tokens: 12,
        cache_read_input_tokens: 1024,
        output_tokens: 90,
        output_tokens_details: { thinking_tokens: 40 },
        server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
        iterations: [{ type: "compaction", input_tokens: 9, output_tokens: 1 }],
        fallback_credit: { status: "redeemed" },
      },
      context_management: answer["context_management"],
    });
    expect(events.at(-1)).toEqual({ type: "message_stop" });
  });

  it("comes back as the answer that it was, and reads as the same turn", () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const text = streamOf(answer) ?? "";
        expect(JSON.parse(wholeOf(text) ?? "")).toEqual(JSON.parse(answer));
        expect(readerOf(text).turn()).toEqual(readAnswer(answer).turn);
      }),
    );
  });

  it("has one line of data for each event, however the answer was written", () => {
    const text = streamed(richAnswers[0]!.answer);
    expect(text.match(/^data: /gm)).toHaveLength(eventsIn(text).length);
  });

  it("keeps the spelling of numbers and the order of names", () => {
    const answer = fixture("text-and-tool-call.json").replace('"Paris"', '1.0, "a": 12345678901234567890');
    expect(wholeOf(streamOf(answer) ?? "")).toContain('1.0, "a": 12345678901234567890');
  });

  it.each([
    ["an error", '{"type":"error","error":{"type":"api_error","message":"No."}}'],
    ["no reason to stop", JSON.stringify(answerOf([], { stop_reason: null }))],
    ["no usage, which SDKs read without asking", JSON.stringify(answerOf([], { usage: null }))],
    ["a text for its content", JSON.stringify({ ...answerOf([]), content: "So" })],
    ["a block that is no object", JSON.stringify(answerOf(["So"]))],
    [
      "input that is no object",
      JSON.stringify(answerOf([{ type: "tool_use", id: "t", name: "f", input: [1] }])),
    ],
  ])("is none where there is %s", (_, answer) => {
    expect(streamOf(answer)).toBeNull();
  });
});

/** The SDK adds the request's id, and a helper to what it parsed. */
function withoutRequest(message: object): unknown {
  const { _request_id, parsed_output: _parsed, ...rest } = message as Record<string, unknown>;
  return JSON.parse(JSON.stringify(rest));
}
