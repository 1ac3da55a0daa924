import { describe, expect, it } from "vitest";
import * as chunks from "../../../bench/mock/chunks.ts";

describe("the events of the mock model", () => {
  it("are about 200 bytes long, and valid chunks of a chat completion", () => {
    const text = chunks.stampedEvent(123_456n);
    expect(text.length).toBeGreaterThan(180);
    expect(text.length).toBeLessThan(220);
    for (const event of [chunks.roleEvent, text, chunks.finishEvent]) {
      expect(event).toMatch(/^data: \{.*\}\n\n$/);
      expect(JSON.parse(event.slice("data: ".length))).toMatchObject({ object: "chat.completion.chunk" });
    }
  });

  it("carry their birth after a sign that nothing else has", () => {
    const { stampSign, stampDigits } = chunks;
    const text = chunks.stampedEvent(123_456n);
    const at = text.indexOf(stampSign);
    expect(Number(text.slice(at + 1, at + 1 + stampDigits))).toBe(123_456);
    const others = [chunks.headers, chunks.roleEvent, chunks.finishEvent, chunks.doneEvent, chunks.lastChunk];
    expect(others.join("")).not.toContain(stampSign);
  });

  it("are one HTTP chunk each, measured in bytes", () => {
    expect(chunks.chunked("é\n")).toBe("3\r\né\n\r\n");
  });
});
