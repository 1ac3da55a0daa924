import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/protocols/gemini/answer.ts";
import { GeminiStreamReader } from "../../../src/protocols/gemini/stream-reader.ts";
import { streamOf } from "../../../src/protocols/gemini/stream-of-whole.ts";
import { wholeOf } from "../../../src/protocols/gemini/whole-of-stream.ts";
import { anyAnswer } from "./any-answer.ts";
import { eventsIn, framesIn } from "./traffic.ts";

const spaces = fc.constantFrom(undefined, 2);

describe("the stream of a whole answer", () => {
  it("tells every answer so that it can be put together again", () => {
    fc.assert(
      fc.property(anyAnswer, spaces, (answer, space) => {
        const stream = streamOf(JSON.stringify(answer, null, space)) ?? "";
        expect(JSON.parse(wholeOf(stream) ?? "null")).toEqual(JSON.parse(JSON.stringify(answer)));
      }),
    );
  });

  it("reads as the same turn", () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const json = JSON.stringify(answer);
        const reader = new GeminiStreamReader();
        for (const frame of framesIn(streamOf(json) ?? "")) reader.read(frame);
        expect(reader.turn()).toEqual(readAnswer(json).turn);
      }),
    );
  });

  it("is one event, on one line, that ends as the API's own", () => {
    const answer = '{"candidates":[\n {"content":{"parts":[{"text":"a\\nb"}]},\r\n"finishReason":"STOP"}]}';
    expect(streamOf(answer)).toBe(
      'data: {"candidates":[  {"content":{"parts":[{"text":"a\\nb"}]}, "finishReason":"STOP"}]}\r\n\r\n',
    );
  });

  it("is an event for each piece of a list", () => {
    const pieces = [
      { candidates: [{ content: { parts: [{ text: "a" }] } }] },
      { candidates: [{ finishReason: "STOP" }] },
    ];
    expect(eventsIn(streamOf(JSON.stringify(pieces)) ?? "")).toEqual(pieces);
  });

  it("keeps the spelling of everything", () => {
    const answer =
      '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"n":12345678901234567890,"2":1.0,"1":[ ]}}}]},"finishReason":"STOP"}]}';
    expect(wholeOf(streamOf(answer) ?? "")).toBe(answer);
  });

  it.each([
    ["no reason to stop", '{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}'],
    ["an error", '{"error":{"message":"Broken."}}'],
    [
      "an error among its pieces",
      '[{"candidates":[{"finishReason":"STOP"}]},{"error":{"message":"Broken."}}]',
    ],
    ["no candidates", '{"modelVersion":"m"}'],
  ])("is none where the answer has %s", (_, answer) => {
    expect(streamOf(answer)).toBeNull();
  });
});
