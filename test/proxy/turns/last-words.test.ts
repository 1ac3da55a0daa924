import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { openaiResponses } from "../../../src/protocols/openai-responses/index.ts";
import { openaiChat } from "../../../src/protocols/openai-chat/index.ts";
import { lastWords } from "../../../src/proxy/turns/last-words.ts";
import { Recording } from "../../../src/proxy/turns/recording.ts";

const error = new LongstopError("deadline_exceeded", "Too late.");

function recorded(...pieces: readonly string[]): Recording {
  const recording = new Recording();
  for (const piece of pieces) recording.adopt(Buffer.from(piece));
  return recording;
}
const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`;
const event = (number: number): string =>
  `event: response.output_text.delta\ndata: ${JSON.stringify({
    type: "response.output_text.delta",
    sequence_number: number,
    item_id: "m",
    output_index: 0,
    content_index: 0,
    delta: "x",
  })}\n\n`;

describe("the last words of a stream that a client has a part of", () => {
  it("are its protocol's error event", () => {
    const last = lastWords(openaiChat, recorded(chunk("a"), chunk("b")), chunk("a").length, error);
    expect(Buffer.from(last ?? []).toString()).toMatch(
      /^data: \{"error":\{.*"code":"deadline_exceeded"\}\}\n\n$/,
    );
  });

  it("go on counting where the client's part ends", () => {
    const recording = recorded(event(0), event(1), event(2), event(3));
    const last = lastWords(openaiResponses, recording, event(0).length * 2, error);
    expect(Buffer.from(last ?? []).toString()).toContain('"sequence_number":2');
  });

  it("are none behind a piece of an event, or what is no stream", () => {
    expect(lastWords(openaiChat, recorded(chunk("a")), 20, error)).toBeNull();
    expect(lastWords(openaiChat, recorded('[{"a":1},'), 9, error)).toBeNull();
    expect(lastWords(openaiChat, recorded("data: {\n\n"), 9, error)).toBeNull();
  });

  it("are none where nobody knows any more what the client has", () => {
    const recording = recorded(chunk("a"), chunk("b"));
    recording.forget(chunk("a").length);
    expect(lastWords(openaiChat, recording, recording.length, error)).toBeNull();
  });
});
