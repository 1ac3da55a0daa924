import { describe, expect, it } from "vitest";
import { cutFrames, textOfFrames } from "../../src/protocols/cut-frames.ts";
import { openaiChat } from "../../src/protocols/openai-chat/index.ts";

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta: { content } }] })}\n\n`;
const read = (stream: string): string | null => {
  const frames = cutFrames(stream, openaiChat.openReader());
  return frames === null ? null : textOfFrames(frames);
};

describe("the frames of a stream that was cut", () => {
  it("are those that are whole, without comments", () => {
    expect(read(`${chunk("A")}: keep-alive\n\n${chunk("B")}data: {"id`)).toBe(chunk("A") + chunk("B"));
  });

  it("end before an error, and before what cannot be read", () => {
    expect(read(`${chunk("A")}data: {"error":{"message":"no"}}\n\n${chunk("B")}`)).toBe(chunk("A"));
    expect(read(`${chunk("A")}data: {no}\n\n${chunk("B")}`)).toBe(chunk("A"));
    expect(read(`${chunk("A")}\ufeffdata: x\n\n`)).toBe(chunk("A"));
  });

  it("are none of a stream that came to its end", () => {
    const end = `data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`;
    expect(read(`${chunk("A")}${end}data: [DONE]\n\n`)).toBeNull();
  });
});
