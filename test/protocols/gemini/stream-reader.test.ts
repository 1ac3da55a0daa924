import { describe, expect, it } from "vitest";
import { GeminiStreamReader } from "../../../src/protocols/gemini/stream-reader.ts";
import { frameOf } from "../../../src/wire/sse.ts";
import { chunkFrame, fixture, framesIn } from "./traffic.ts";

const usage = { usageMetadata: { promptTokenCount: 1 } };

describe("reading a stream", () => {
  it("tells what each frame is for", () => {
    const reader = new GeminiStreamReader();
    const roles = [
      frameOf(": hi\n\n"),
      frameOf("data:\n\n"),
      frameOf(`data: ${JSON.stringify(usage)}\n\n`),
      chunkFrame([{ text: "" }]),
      chunkFrame([{ text: "a" }]),
      chunkFrame([{ text: "", thoughtSignature: "s" }]),
      chunkFrame([{ executableCode: { code: "1" } }]),
      chunkFrame([{ functionCall: { name: "f" } }]),
      chunkFrame([{ text: "b" }], { finishReason: "STOP" }),
      frameOf(`data: ${JSON.stringify(usage)}\n\n`),
      frameOf("data: [DONE]\n\n"),
    ].map((frame) => reader.read(frame));
    expect(roles).toEqual([
      "comment",
      "preamble",
      "preamble",
      "preamble",
      "text",
      "text",
      "text",
      "call",
      "end",
      "end",
      "end",
    ]);
    expect(reader.turn().complete).toBe(true);
    expect(reader.ended).toBe(false);
  });

  it("holds a call back that nobody could read", () => {
    const [frame] = framesIn(fixture("malformed-function-call.sse"));
    expect(new GeminiStreamReader().read(frame!)).toBe("call");
  });

  it("takes a refused request for an end", () => {
    const reader = new GeminiStreamReader();
    expect(reader.read(frameOf('data: {"promptFeedback":{"blockReason":"OTHER"}}\n\n'))).toBe("end");
    expect(reader.turn()).toMatchObject({ finish: "refusal", complete: true });
  });

  it("is never complete behind an error, whatever came before it", () => {
    const reader = new GeminiStreamReader();
    reader.read(chunkFrame([{ text: "a" }], { finishReason: "STOP" }));
    expect(reader.read(frameOf('data: {"error":{"code":500,"message":"no"}}\n\n'))).toBe("error");
    expect(reader.turn().complete).toBe(false);
  });

  it("puts arguments together that come in pieces, and gives them back whole", () => {
    const reader = new GeminiStreamReader();
    for (const frame of framesIn(fixture("tool-calls-in-pieces.sse"))) reader.read(frame);
    expect(reader.turn().calls.map(({ id, argumentsText }) => [id, argumentsText])).toEqual([
      ["fn_1", '{"city":"Paris","unit":"celsius"}'],
      ["fn_2", '{"city":"Tokyo","unit":"celsius"}'],
    ]);
    const [first] = reader.parts();
    expect(JSON.parse(first!)).toEqual({
      functionCall: { name: "get_weather", id: "fn_1", args: { city: "Paris", unit: "celsius" } },
      thoughtSignature: "CiQBFIXTUREthoughtSignature==",
    });
  });
});
