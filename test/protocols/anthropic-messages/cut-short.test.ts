import { describe, expect, it } from "vitest";
import { anthropicMessages } from "../../../src/protocols/anthropic-messages/index.ts";
import { cutShort } from "../../../src/protocols/anthropic-messages/cut-short.ts";
import { cutStreamSuite } from "../cut-streams.ts";

describe("an answer that was cut", () => {
  cutStreamSuite(anthropicMessages, {
    path: "/v1/messages",
    body: {
      model: "claude-sonnet-4-5",
      max_tokens: 100,
      stream: true,
      messages: [{ role: "user", content: "Hi" }],
    },
  });

  const event = (type: string, more: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
  const start = event("message_start", {
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      stop_reason: null,
      usage: {},
    },
  });
  const block = (index: number, content_block: object, ...deltas: readonly object[]): string =>
    event("content_block_start", { index, content_block }) +
    deltas.map((delta) => event("content_block_delta", { index, delta })).join("");

  it("has no thinking without its signature, which could not be sent back", () => {
    const thinking = block(0, { type: "thinking", thinking: "" }, { type: "thinking_delta", thinking: "Hm" });
    expect(cutShort(start + thinking)).toBeNull();
    const signed = event("content_block_delta", {
      index: 0,
      delta: { type: "signature_delta", signature: "s" },
    });
    const stop = event("content_block_stop", { index: 0 });
    const text = block(1, { type: "text", text: "" }, { type: "text_delta", text: "So" });
    expect(JSON.parse(cutShort(start + thinking + signed + stop + text) ?? "{}")).toMatchObject({
      content: [
        { type: "thinking", thinking: "Hm", signature: "s" },
        { type: "text", text: "So" },
      ],
      stop_reason: "max_tokens",
    });
  });

  it("has no call without its end, also where its arguments look whole", () => {
    const call = block(0, { type: "tool_use", id: "a", name: "now", input: {} });
    expect(cutShort(start + call)).toBeNull();
    expect(cutShort(start + call + event("content_block_stop", { index: 0 }))).toContain('"name":"now"');
  });
});
