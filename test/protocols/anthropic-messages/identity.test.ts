import { describe, expect, it } from "vitest";
import { identity } from "../../../src/protocols/anthropic-messages/identity.ts";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";

describe("the identity of a turn", () => {
  it("is everything but the flag that asks for a stream", () => {
    const messages = '[ {"role":"user","content":"Hi"} , {"role":"assistant"}]';
    const prompt = readPrompt(`{"stream":true,"tools":[ ],"messages":${messages}}`, "/v1/messages");
    expect(identity(prompt)).toEqual({
      path: "/v1/messages",
      parameters: [["tools", "[ ]"]],
      messages: ['{"role":"user","content":"Hi"}', '{"role":"assistant"}'],
    });
  });
});
