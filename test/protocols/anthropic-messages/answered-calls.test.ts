import { describe, expect, it } from "vitest";
import { answeredCalls } from "../../../src/protocols/anthropic-messages/answered-calls.ts";
import { shapeOf } from "../../../src/protocols/anthropic-messages/message-shape.ts";

const calls = (...named: (readonly [id: string, name: string])[]) => ({
  role: "assistant",
  content: named.map(([id, name]) => ({ type: "tool_use", id, name, input: {} })),
});
const results = (...ids: string[]) => ({
  role: "user",
  content: ids.map((id) => ({ type: "tool_result", tool_use_id: id, content: "x" })),
});
const names = (...messages: unknown[]) =>
  answeredCalls(messages.map((message) => shapeOf(JSON.stringify(message)))).map((blocks) =>
    blocks.map((answered) => answered && `${answered.toolName}@${answered.message}`),
  );

describe("which call a result answers", () => {
  it("is decided by position: an id that an older turn had too means the turn before", () => {
    const [, first, , second] = names(
      calls(["t", "read"]),
      results("t"),
      calls(["t", "write"]),
      results("t"),
    );
    expect(first).toEqual(["read@0"]);
    expect(second).toEqual(["write@2"]);
  });

  it("takes equal ids of one turn in order", () => {
    expect(names(calls(["t", "a"], ["t", "b"]), results("t", "t"))[1]).toEqual(["a@0", "b@0"]);
  });

  it("sees through neighbours of one role and system messages between", () => {
    const system = { role: "system", content: "Be brief." };
    expect(
      names(
        calls(["x", "a"]),
        calls(["y", "b"]),
        system,
        results("y"),
        { role: "user", content: "hm" },
        results("x"),
      ),
    ).toEqual([[], [], [], ["b@1"], [], ["a@0"]]);
  });

  it("finds none for a result of a turn long gone, of nothing, or of a call that the provider ran", () => {
    const server = {
      role: "assistant",
      content: [{ type: "server_tool_use", id: "s", name: "web_search", input: {} }],
    };
    expect(names(calls(["t", "a"]), results("t"), server, results("t"))[3]).toEqual([undefined]);
    expect(names(results("t"))).toEqual([[undefined]]);
    const unanswered = calls(["t", "old"]);
    expect(
      names(unanswered, { role: "user", content: "stop" }, calls(["x", "new"]), results("t"))[3],
    ).toEqual([undefined]);
    expect(names(server, results("s"))[1]).toEqual([undefined]);
  });
});
