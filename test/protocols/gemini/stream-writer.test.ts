import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { GeminiStreamReader } from "../../../src/protocols/gemini/stream-reader.ts";
import { GeminiStreamWriter } from "../../../src/protocols/gemini/stream-writer.ts";
import { frameOf, type Frame } from "../../../src/wire/sse.ts";
import { chunkFrame, eventsIn, fixture, framesIn, textIn } from "./traffic.ts";

function turnOf(frames: readonly Frame[]) {
  const reader = new GeminiStreamReader();
  for (const frame of frames) reader.read(frame);
  return reader.turn();
}

describe("writing a stream", () => {
  it("puts a note before the frame that says why the answer ended", () => {
    const held = [
      chunkFrame([{ functionCall: { name: "f" } }]),
      chunkFrame([{ text: "" }], { finishReason: "STOP" }),
    ];
    const release = { changes: [], addOutputTokens: 0, comment: "longstop {}" };
    const [first, note, last, ...more] = new GeminiStreamWriter().release(held, turnOf(held), release);
    expect([first, last]).toEqual(held.map(({ bytes }) => bytes));
    expect(textIn([note ?? null])).toBe(": longstop {}\n\n");
    expect(more).toEqual([]);
    const open = [chunkFrame([{ text: "a" }])];
    expect(textIn(new GeminiStreamWriter().release(open, turnOf(open), release))).toMatch(
      /: longstop \{\}\n\n$/,
    );
  });

  it("keeps the envelope of the first turn, and shows nothing twice", () => {
    const writer = new GeminiStreamWriter();
    writer.pass(chunkFrame([{ text: "a" }], { responseId: "r1", modelVersion: "m1" }), "text");
    writer.nextTurn();
    expect(writer.pass(chunkFrame([{ text: "" }], { responseId: "r2" }), "preamble")).toBeNull();
    const passed = writer.pass(chunkFrame([{ text: "b" }], { responseId: "r2", modelVersion: "m2" }), "text");
    expect(eventsIn(textIn([passed]))[0]).toMatchObject({ responseId: "r1", modelVersion: "m1" });
    const held = [
      chunkFrame([{ text: "" }], { finishReason: "STOP", responseId: "r2" }),
      frameOf("data: [DONE]\n\n"),
    ];
    const bytes = writer.release(held, turnOf(held), { changes: [], addOutputTokens: 3, comment: undefined });
    expect(textIn(bytes)).toContain('"responseId":"r1"');
    expect(textIn(bytes)).toContain("[DONE]");
  });

  it("has no envelope to keep where nothing of the first turn was seen", () => {
    const writer = new GeminiStreamWriter();
    writer.nextTurn();
    const held = framesIn(fixture("text.sse"));
    const bytes = writer.release(held, turnOf(held), { changes: [], addOutputTokens: 0, comment: undefined });
    expect(textIn(bytes)).toBe(fixture("text.sse"));
  });

  it("loses the frames of calls that leave, and keeps the order of all others", () => {
    const held = framesIn(fixture("tool-calls-in-pieces.sse"));
    const turn = turnOf(held);
    const changes = [{ kind: "drop", call: turn.calls[0]! } as const];
    const bytes = new GeminiStreamWriter().release(held, turn, {
      changes,
      addOutputTokens: 0,
      comment: undefined,
    });
    expect(bytes).toEqual([held.at(-1)!.bytes]);
  });

  it("passes comments and the upstream's own errors, and writes its own as Google does", () => {
    const writer = new GeminiStreamWriter();
    const comment = frameOf(": hi\n\n");
    expect(writer.pass(comment, "comment")).toBe(comment.bytes);
    const failed = frameOf('data: {"error":{}}\r\n\r\n');
    expect(writer.pass(failed, "error")).toBe(failed.bytes);
    const written = Buffer.from(writer.error(new LongstopError("upstream_cut", "It broke."))).toString();
    expect(eventsIn(written)[0]).toMatchObject({
      error: { code: 502, message: "It broke.", status: "UNAVAILABLE" },
    });
    expect(written).toMatch(/^data: .*\r\n\r\n$/);
  });
});
