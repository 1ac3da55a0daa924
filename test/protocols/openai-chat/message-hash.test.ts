import { describe, expect, it } from "vitest";
import type { Call } from "../../../src/exchange/turn.ts";
import { messageHash, type Said } from "../../../src/protocols/openai-chat/message-hash.ts";
import { promptOf } from "./traffic.ts";

function hashOf(message: unknown): string | undefined {
  return promptOf(message).messages[0]?.hash;
}

function calling(argumentsText: string, kind: Call["kind"] = "function"): string {
  const call = { name: "f", kind, argumentsText };
  return messageHash({ role: "assistant", name: undefined, text: "", attachments: [], calls: [call] });
}

const call = { id: "call_1", type: "function", function: { name: "f", arguments: '{"a": 1, "b": 2}' } };

describe("the hash of a message", () => {
  it("is the same however a client writes the same answer back", () => {
    const forms = [
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "assistant", content: "", tool_calls: [call] },
      { role: "assistant", tool_calls: [{ ...call, id: "other" }] },
      { role: "assistant", content: [], refusal: null, annotations: [], tool_calls: [call] },
      { role: "assistant", reasoning_content: "hm", tool_calls: [{ ...call, index: 0 }] },
      {
        tool_calls: [{ function: { arguments: '{"b":2,"a":1.0}', name: "f" }, type: "function", id: "x" }],
        role: "assistant",
      },
    ];
    expect(new Set(forms.map(hashOf)).size).toBe(1);
  });

  it("is the same for a content and for its one text part", () => {
    expect(hashOf({ role: "user", content: [{ type: "text", text: "a", cache_control: {} }] })).toBe(
      hashOf({ role: "user", content: "a" }),
    );
  });

  it("differs where anything differs that was said", () => {
    const messages = [
      { role: "user", content: "a" },
      { role: "user", content: "b" },
      { role: "user", name: "alice", content: "a" },
      { role: "system", content: "a" },
      { role: "assistant", content: "a" },
      { role: "assistant", content: "a", tool_calls: [call] },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "assistant", content: null, tool_calls: [call, call] },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ ...call, function: { name: "f", arguments: "{}" } }],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ ...call, function: { name: "g", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "call_1", content: "a" },
      { role: "user", content: [{ type: "image_url", image_url: { url: "https://a" } }] },
      { role: "user", content: [{ type: "image_url", image_url: { url: "https://b" } }] },
    ];
    expect(new Set(messages.map(hashOf)).size).toBe(messages.length);
  });

  it("takes the empty arguments of a call for an empty object, as clients do", () => {
    expect(calling("")).toBe(calling("{}"));
    expect(calling(" ")).toBe(calling("{ }"));
  });

  it("keeps arguments that are no JSON as they are", () => {
    expect(calling('{"a":')).not.toBe(calling('{"a": '));
    expect(calling('{"a": 1}', "custom")).not.toBe(calling('{"a":1}', "custom"));
    expect(calling('{"a":1}', "custom")).not.toBe(calling('{"a":1}'));
  });

  it("does not let pieces run together", () => {
    const said: Said = { role: "user", name: "ab", text: "c", attachments: [], calls: [] };
    expect(messageHash(said)).not.toBe(messageHash({ ...said, name: "a", text: "bc" }));
    expect(messageHash({ ...said, attachments: ["x"] })).not.toBe(
      messageHash({ ...said, calls: [{ name: "x", kind: "function", argumentsText: "{}" }] }),
    );
  });
});
