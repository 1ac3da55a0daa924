import { createOpenAI } from "@ai-sdk/openai";
import * as fc from "fast-check";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/protocols/openai-responses/answer.ts";
import { streamOf } from "../../../src/protocols/openai-responses/stream-of-whole.ts";
import { wholeOf } from "../../../src/protocols/openai-responses/whole-of-stream.ts";
import { startProvider, stream, whole } from "../../conformance/protocol/provider.ts";
import { stepOf } from "../ai-sdk-step.ts";
import { eventsIn, fixture, framesIn, readerOf, type Json } from "./traffic.ts";
import { answerOf, anyAnswer, cutAnswer, richAnswers, said, weatherCall } from "./whole-answers.ts";

const asked = { model: "gpt-5.4-mini", input: "?" };
const answers = [...richAnswers, { name: "an answer that was cut", answer: cutAnswer }];

function streamed(answer: Json): string {
  const text = streamOf(JSON.stringify(answer, null, 2));
  if (text === null) throw new Error("There is a stream for such an answer.");
  return text;
}

async function servedTo<Seen>(
  body: ReturnType<typeof whole>,
  ask: (client: OpenAI, url: string) => Promise<Seen>,
): Promise<Seen> {
  await using provider = await startProvider(body);
  return await ask(new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: "k", maxRetries: 0 }), provider.url);
}

describe("a whole answer as a stream", () => {
  it.each(answers)("is the same response for OpenAI's SDK: $name", async ({ answer }) => {
    const plain = await servedTo(whole(JSON.stringify(answer)), (client) => client.responses.create(asked));
    const final = await servedTo(stream(streamed(answer)), (client) =>
      client.responses.stream(asked).finalResponse(),
    );
    expect(withoutParsed(final)).toEqual(withoutParsed(plain));
  });

  it.each(answers)(
    "is the same response before its last event, put together by the SDK: $name",
    async ({ answer }) => {
      let last: Json = {};
      await servedTo(stream(streamed(answer)), async (client) => {
        const events = client.responses.stream(asked);
        for await (const event of events) {
          if (event.type === "response.output_item.done")
            last = { ...last, [event.output_index]: event.item };
        }
      });
      expect(Object.values(last)).toEqual(answer["output"]);
    },
  );

  it.each(answers)("is the same step for the AI SDK: $name", async ({ answer }) => {
    const step = (form: "whole" | "stream") => (_: OpenAI, url: string) =>
      stepOf(createOpenAI({ baseURL: `${url}/v1`, apiKey: "k" }).responses(asked.model), form);
    expect(await servedTo(stream(streamed(answer)), step("stream"))).toEqual(
      await servedTo(whole(JSON.stringify(answer)), step("whole")),
    );
  });

  it("has every event around a text, numbered from 0", () => {
    const annotation = { type: "file_path", file_id: "f" };
    const events = eventsIn(streamed(answerOf([said("So", {}, { annotations: [annotation] })])));
    expect(events.map(({ type }) => type as string)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.annotation.added",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.map((event) => event["sequence_number"] as number)).toEqual([...events.keys()]);
    expect(events[0]!["response"]).toMatchObject({
      status: "in_progress",
      output: [],
      usage: null,
      completed_at: null,
    });
  });

  it("comes back as the answer that it was, and reads as the same turn", () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const text = streamOf(answer) ?? "";
        expect(JSON.parse(wholeOf(text) ?? "")).toEqual(JSON.parse(answer));
        expect(readerOf(framesIn(text)).turn()).toEqual(readAnswer(answer).turn);
      }),
    );
  });

  it("has one line of data for each event, however the answer was written", () => {
    const text = streamed(richAnswers[0]!.answer);
    expect(text.match(/^data: /gm)).toHaveLength(eventsIn(text).length);
  });

  it("ends with the whole answer as it was written", () => {
    const answer = JSON.stringify(answerOf([weatherCall])).replace("105", "105.0");
    expect(wholeOf(streamOf(answer) ?? "")).toBe(answer);
  });

  it("is an error for every client where the answer failed", async () => {
    const error = { code: "server_error", message: "It broke." };
    const failed = answerOf([weatherCall], { status: "failed", error });
    const text = streamed(failed);
    expect(eventsIn(text).map(({ type }) => type as string)).toEqual([
      "response.created",
      "response.in_progress",
      "error",
      "response.failed",
    ]);
    await expect(
      servedTo(stream(text), (client) => client.responses.stream(asked).finalResponse()),
    ).rejects.toThrow("It broke.");
  });

  it.each([
    ["is queued", answerOf([], { status: "queued" })],
    ["is under way", answerOf([said("So")], { status: "in_progress" })],
    ["was cancelled", answerOf([], { status: "cancelled" })],
    ["has no list of items", { ...answerOf([]), output: "So" }],
    ["has an item that is none", answerOf(["So"])],
    ["has a text without an id to name it by", answerOf([said("So", { id: undefined })])],
    ["has arguments that are no text", answerOf([{ ...weatherCall, arguments: {} }])],
    ["has text in place of parts", answerOf([{ ...said(""), content: "So" }])],
    ["has a part that is none", answerOf([{ ...said(""), content: ["So"] }])],
    ["has text in a part of another kind", answerOf([said("So", {}, { type: "text" })])],
    ["has a summary that is none", answerOf([{ id: "rs_1", type: "reasoning", summary: "So" }])],
    [
      "has reasoning in words of tomorrow",
      answerOf([{ id: "rs_1", type: "reasoning", summary: [{ type: "x" }] }]),
    ],
  ])("is none where it %s", (_, answer) => {
    expect(streamOf(JSON.stringify(answer))).toBeNull();
  });

  it("is none where there is no answer", () => {
    expect(streamOf(JSON.stringify({ error: { message: "No." } }))).toBeNull();
    expect(streamOf(fixture("text.sse"))).toBeNull();
  });
});

function withoutParsed(response: object): unknown {
  return JSON.parse(
    JSON.stringify(response, (key, value: unknown) =>
      key === "parsed" || key === "parsed_arguments" || key === "output_parsed" || key === "_request_id"
        ? undefined
        : value,
    ),
  );
}
