import { describe, expect, it } from "vitest";
import { openaiChat } from "../../../src/protocols/openai-chat/index.ts";
import { cutShort } from "../../../src/protocols/openai-chat/cut-short.ts";
import { cutStreamSuite } from "../cut-streams.ts";

describe("an answer that was cut", () => {
  cutStreamSuite(openaiChat, {
    path: "/v1/chat/completions",
    body: { model: "gpt-4o", stream: true, messages: [{ role: "user", content: "Hi" }] },
  });

  const chunk = (delta: object, index = 0): string =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index, delta, finish_reason: null }] })}\n\n`;
  const custom = (id: string, place: number): string =>
    chunk({ tool_calls: [{ index: place, id, type: "custom", custom: { name: "run", input: "ls" } }] });

  it("has a call of free text only where another one began behind it", () => {
    expect(cutShort(custom("a", 0))).toBeNull();
    expect(cutShort(custom("a", 0) + custom("b", 1))).toContain('"id":"a"');
    expect(cutShort(custom("a", 0) + custom("b", 1))).not.toContain('"id":"b"');
  });

  it("is none of several answers", () => {
    expect(cutShort(chunk({ content: "A" }) + chunk({ content: "B" }, 1))).toBeNull();
  });
});
