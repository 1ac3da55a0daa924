import { describe, expect, it } from "vitest";
import { dataFrame, pieceIn } from "../../../src/protocols/gemini/stream-frame.ts";
import { frameOf } from "../../../src/wire/sse.ts";

describe("a frame of a stream", () => {
  it("is a chunk, an error, the end that some servers add, or nothing", () => {
    expect(pieceIn(frameOf('data: {"candidates":[]}\r\n\r\n'))).toMatchObject({ kind: "chunk" });
    expect(pieceIn(frameOf('data: {"error":{"code":500}}\r\n\r\n'))).toEqual({ kind: "error" });
    expect(pieceIn(frameOf("data: [DONE]\n\n"))).toEqual({ kind: "done" });
    expect(pieceIn(frameOf("data:\n\n"))).toEqual({ kind: "nothing" });
    expect(() => pieceIn(frameOf("data: {\n\n"))).toThrow(
      expect.objectContaining({ code: "upstream_unreadable" }),
    );
  });

  it("is refused where an error comes with a call: some clients look for the call alone", () => {
    const content = { parts: [{ functionCall: { name: "f", args: {} } }] };
    const text = JSON.stringify({ error: { message: "overloaded" }, candidates: [{ content }] });
    expect(() => pieceIn(frameOf(`data: ${text}\n\n`))).toThrow(
      expect.objectContaining({
        code: "upstream_unreadable",
        message: "The upstream answered with an error: overloaded",
      }),
    );
  });

  it("is written in one line, since Google's SDK reads no more of it", () => {
    expect(Buffer.from(dataFrame('{"a":\r\n "b\\n"}')).toString()).toBe('data: {"a":  "b\\n"}\r\n\r\n');
  });
});
