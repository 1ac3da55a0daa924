import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/protocols/gemini/answer.ts";
import { GeminiStreamReader } from "../../../src/protocols/gemini/stream-reader.ts";
import { wholeOf } from "../../../src/protocols/gemini/whole-of-stream.ts";
import { frameOf, type Frame } from "../../../src/wire/sse.ts";
import { anyAnswer } from "./any-answer.ts";
import { chunkFrame, fixture, framesIn, textIn } from "./traffic.ts";

function wholeOfFrames(...frames: readonly Frame[]): Record<string, unknown> | null {
  return JSON.parse(wholeOf(textIn(frames.map(({ bytes }) => bytes))) ?? "null") as Record<
    string,
    unknown
  > | null;
}

/** A chunk that is given as it is. */
function frame(chunk: unknown): Frame {
  return frameOf(`data: ${JSON.stringify(chunk)}\r\n\r\n`);
}

const stops = chunkFrame([{ text: "" }], { finishReason: "STOP" });

describe("the whole answer of a stream", () => {
  it.each(["text", "length", "text-and-tool-call", "thinking-and-tool-call", "tool-calls-parallel"])(
    "is the provider's own whole answer: %s",
    (name) => {
      expect(JSON.parse(wholeOf(fixture(`${name}.sse`)) ?? "null")).toEqual(
        JSON.parse(fixture(`${name}.json`)),
      );
    },
  );

  it("reads as the same turn, in however many chunks its parts came", () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const { candidates, ...others } = answer as { candidates: { content: { parts: unknown[] } }[] };
        const stream = candidates
          .flatMap(({ content, ...candidate }, index) => [
            ...content.parts.map((part) => chunkFrame([part], { index })),
            frame({ candidates: [{ ...candidate, index }] }),
          ])
          .concat(frame(others));
        const reader = new GeminiStreamReader();
        for (const one of stream) reader.read(one);
        const json = wholeOf(textIn(stream.map(({ bytes }) => bytes))) ?? "";
        expect(readAnswer(json).turn).toEqual(reader.turn());
      }),
    );
  });

  it("is told by a list of pieces, as it comes without alt=sse", () => {
    const pieces = framesIn(fixture("text.sse")).map(({ data }) => data);
    expect(wholeOf(` [${pieces.join(",\r\n")}]`)).toBe(wholeOf(fixture("text.sse")));
    expect(wholeOf(`[${pieces.join(",")}`)).toBeNull();
    expect(wholeOf(`[${pieces.join(",")},{"error":{"message":"Broken."}}]`)).toBeNull();
  });

  it("takes what is told once for the whole answer from the last chunk that tells it", () => {
    const grounded = (metadata: object) => ({ index: 0, groundingMetadata: metadata });
    const answer = wholeOfFrames(
      frame({
        candidates: [grounded({ webSearchQueries: ["a"], groundingChunks: [1] })],
        usageMetadata: { a: 1, b: 1 },
      }),
      frame({ candidates: [grounded({ groundingChunks: [2] })], responseId: "r1", modelVersion: "m1" }),
      frame({
        candidates: [{ index: 0, finishReason: "STOP", safetyRatings: [3], citationMetadata: null }],
        usageMetadata: { a: 2 },
        promptFeedback: { safetyRatings: [] },
        responseId: "r2",
        modelVersion: null,
      }),
    );
    expect(answer).toEqual({
      candidates: [
        {
          index: 0,
          groundingMetadata: { webSearchQueries: ["a"], groundingChunks: [2] },
          finishReason: "STOP",
          safetyRatings: [3],
          citationMetadata: null,
        },
      ],
      usageMetadata: { a: 2 },
      promptFeedback: { safetyRatings: [] },
      responseId: "r1",
      modelVersion: "m1",
    });
  });

  it("has no average of probabilities where each chunk has one of its own", () => {
    const told = (average: number) => frame({ candidates: [{ index: 0, avgLogprobs: average }] });
    expect(wholeOfFrames(told(-0.5), stops)?.["candidates"]).toMatchObject([{ avgLogprobs: -0.5 }]);
    expect(JSON.stringify(wholeOfFrames(told(-0.5), told(-0.25), stops))).not.toContain("avgLogprobs");
  });

  it("has its candidates in their order", () => {
    const answer = wholeOfFrames(
      chunkFrame([{ text: "b" }], { index: 1, finishReason: "STOP" }),
      chunkFrame([{ text: "a" }], { finishReason: "STOP" }),
    );
    expect(answer?.["candidates"]).toMatchObject([{ index: 0 }, { index: 1 }]);
  });

  it("is there for a request that was refused", () => {
    const refused = { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 4 } };
    expect(wholeOfFrames(frame(refused))).toEqual(refused);
  });

  it.each<[string, readonly Frame[]]>([
    ["no reason to stop", [chunkFrame([{ text: "a" }])]],
    ["an error", [chunkFrame([{ text: "a" }], { finishReason: "STOP" }), frame({ error: { code: 500 } })]],
    ["a call that was cut", [chunkFrame([{ functionCall: { name: "f", willContinue: true } }]), stops]],
    [
      "probabilities of its own for each chunk",
      [
        frame({ candidates: [{ index: 0, logprobsResult: {} }] }),
        frame({ candidates: [{ index: 0, logprobsResult: {} }] }),
        stops,
      ],
    ],
  ])("is none where the stream has %s", (_, frames) => {
    expect(wholeOfFrames(...frames)).toBeNull();
  });
});
