import { describe, expect, it } from "vitest";
import {
  argumentsTextOf,
  callsOf,
  functionCallId,
  messageLists,
  type MessageShape,
} from "../../../src/protocols/openai-chat/message-shape.ts";

function read(message: unknown): MessageShape {
  const [element] = messageLists.read(Buffer.from(JSON.stringify([message])), 0)?.elements ?? [];
  if (element === undefined) throw new Error("not read");
  return element.derived;
}

function isContent(message: unknown): boolean {
  return read(message).hasUserContent;
}

describe("the shape of a message", () => {
  it.each([
    ["system", "system", "system"],
    ["developer", "system", "system"],
    ["user", "user", "text"],
    ["assistant", "assistant", "text"],
    ["tool", "tool", "result"],
    ["function", "tool", "result"],
    ["critic", "user", "other"],
  ])("reads the role %s as %s", (wireRole, role, kind) => {
    expect(read({ role: wireRole, content: "a" })).toMatchObject({ wireRole, role, kind });
  });

  it("is derived once from one text", () => {
    expect(read({ role: "user", content: "only once" })).toBe(read({ role: "user", content: "only once" }));
  });

  it("is none where no object stands, and the caller is told which message that is", () => {
    expect(() => messageLists.read(Buffer.from('[{"role":"user","content":"a"}, 17]'), 0)).toThrow(
      "messages[1] is not an object.",
    );
  });

  it("counts what a model reads of its own answer", () => {
    const shape = read({
      role: "assistant",
      content: "text",
      refusal: "no",
      reasoning_content: "hm",
      tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }],
    });
    expect(shape.texts).toEqual(["text", "no", "hm", "f", "{}"]);
    expect(shape.kind).toBe("call");
  });

  it("is media, or unknown, where there is no text", () => {
    expect(read({ role: "user", content: [{ type: "image_url", image_url: { url: "a" } }] }).kind).toBe(
      "media",
    );
    expect(read({ role: "user", content: [{ type: "hologram" }] }).kind).toBe("other");
    expect(read({ role: "user", content: "" }).kind).toBe("text");
  });

  it("knows which call a result answers", () => {
    expect(read({ role: "tool", tool_call_id: "call_1", content: "a" }).answers).toBe("call_1");
    expect(read({ role: "function", name: "f", content: "a" }).answers).toBe("f");
    expect(read({ role: "user", content: "a", tool_call_id: "call_1" }).answers).toBeUndefined();
  });

  it("takes what a user said or showed for user content, and nothing else", () => {
    expect(isContent({ role: "user", content: "a" })).toBe(true);
    expect(isContent({ role: "user", content: [{ type: "image_url", image_url: { url: "a" } }] })).toBe(true);
    expect(isContent({ role: "user", content: "" })).toBe(false);
    expect(isContent({ role: "tool", content: "a" })).toBe(false);
    expect(isContent({ role: "critic", content: "a" })).toBe(false);
  });
});

describe("the calls in a message", () => {
  it("are of functions, of custom tools, and of the deprecated kind", () => {
    const calls = callsOf({
      tool_calls: [
        { id: "1", type: "function", function: { name: "f", arguments: "{}" } },
        { id: "2", type: "custom", custom: { name: "sql", input: "select 1" } },
      ],
      function_call: { name: "old", arguments: "{}" },
    });
    expect(calls).toEqual([
      { id: "1", name: "f", kind: "function", argumentsText: "{}" },
      { id: "2", name: "sql", kind: "custom", argumentsText: "select 1" },
      { id: functionCallId, name: "old", kind: "function", argumentsText: "{}" },
    ]);
  });

  it("are read as far as they go where members are missing", () => {
    expect(callsOf({ tool_calls: [{}, null], function_call: null })).toEqual([
      { id: "", name: "", kind: "function", argumentsText: "" },
    ]);
  });

  it("have arguments as text, also where a provider writes the object itself", () => {
    expect(argumentsTextOf('{"a":1}')).toBe('{"a":1}');
    expect(argumentsTextOf({ a: 1 })).toBe('{"a":1}');
    expect(argumentsTextOf(null)).toBe("");
  });
});
