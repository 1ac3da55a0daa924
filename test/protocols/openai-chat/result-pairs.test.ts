import { describe, expect, it } from "vitest";
import { promptOf } from "./traffic.ts";

const calls = (...ids: readonly (readonly [id: string, name: string])[]) => ({
  role: "assistant",
  tool_calls: ids.map(([id, name]) => ({ id, type: "function", function: { name, arguments: "{}" } })),
});
const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "a" });
const user = { role: "user", content: "a" };

function namesAnswered(...messages: readonly unknown[]): (string | undefined)[] {
  return promptOf(...messages).parts.flatMap((part) => (part.result ? [part.result.toolName] : []));
}

function groupsOf(...messages: readonly unknown[]): number[] {
  return promptOf(...messages).messages.map(({ group }) => group);
}

describe("pairing results with calls", () => {
  it("follows position where an agent gives every call the same id", () => {
    const history = [user, calls(["c", "first"]), result("c"), calls(["c", "second"]), result("c"), user];
    expect(namesAnswered(...history)).toEqual(["first", "second"]);
    expect(groupsOf(...history)).toEqual([0, 1, 1, 2, 2, 3]);
  });

  it("takes the nearest message whose call has no result yet", () => {
    const history = [calls(["c", "first"]), calls(["c", "second"]), result("c"), result("c"), result("c")];
    expect(namesAnswered(...history)).toEqual(["second", "first", undefined]);
  });

  it("gives equal ids of one message to results in their order", () => {
    expect(namesAnswered(calls(["c", "first"], ["c", "second"]), result("c"), result("c"))).toEqual([
      "first",
      "second",
    ]);
  });

  it("pairs results that come in another order than the calls", () => {
    expect(namesAnswered(calls(["a", "f"], ["b", "g"]), result("b"), result("a"))).toEqual(["g", "f"]);
  });

  it("pairs messages of the deprecated role by name", () => {
    const history = [
      user,
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
      { role: "function", name: "f", content: "a" },
      { role: "function", name: "g", content: "a" },
    ];
    expect(namesAnswered(...history)).toEqual(["f", undefined]);
    expect(groupsOf(...history)).toEqual([0, 1, 1, 2]);
  });

  it("leaves a result alone that answers nothing", () => {
    expect(namesAnswered(user, result("c"))).toEqual([undefined]);
    expect(groupsOf(user, result("c"), user)).toEqual([0, 1, 2]);
  });
});
