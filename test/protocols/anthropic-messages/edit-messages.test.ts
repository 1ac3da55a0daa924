import { describe, expect, it } from "vitest";
import type { PromptEdit } from "../../../src/exchange/prompt.ts";
import { editMessages } from "../../../src/protocols/anthropic-messages/edit-messages.ts";
import { editPrompt } from "../../../src/protocols/anthropic-messages/edit-prompt.ts";
import { layoutOf } from "../../../src/protocols/anthropic-messages/layout.ts";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { promptOf } from "./traffic.ts";

const user = (content: unknown) => ({ role: "user", content });
const model = (...content: unknown[]) => ({ role: "assistant", content });
const thought = { type: "thinking", thinking: "hm", signature: "s" };
const redacted = { type: "redacted_thinking", data: "d" };
const text = (words: string) => ({ type: "text", text: words });
const call = { type: "tool_use", id: "t", name: "f", input: {} };
const result = (content: string) => ({ type: "tool_result", tool_use_id: "t", content });

const system = (...content: unknown[]) => ({ role: "system", content });
const insert = (after: number, words: string): PromptEdit => ({
  kind: "insert",
  after,
  role: "user",
  text: words,
});

function edited(messages: readonly unknown[], ...edits: PromptEdit[]): unknown {
  const prompt = promptOf({ messages });
  return JSON.parse(applyEdits(prompt.text, editMessages(prompt, layoutOf(prompt), edits))).messages;
}

describe("editing messages", () => {
  it("drops a range, and keeps the system messages in it", () => {
    const rules = { role: "system", content: "S" };
    const all = [user("task"), model(text("a")), rules, user("b"), user("c")];
    expect(edited(all, { kind: "drop-messages", from: 1, to: 4 })).toEqual([user("task"), rules, user("c")]);
    expect(edited(all, { kind: "drop-messages", from: 0, to: 5 })).toEqual([rules]);
  });

  it("takes thinking out whole; a message of nothing else leaves", () => {
    const all = [
      user("q"),
      model(thought, redacted),
      model(thought, text("a"), redacted, call),
      user([result("r")]),
    ];
    expect(edited(all, { kind: "drop-thinking", from: 0, to: 3 })).toEqual([
      user("q"),
      model(text("a"), call),
      user([result("r")]),
    ]);
    expect(edited(all, { kind: "drop-thinking", from: 2, to: 2 })).toEqual(all);
  });

  it("inserts messages before the first, between and behind the last", () => {
    expect(
      edited([user("a"), user("b")], insert(1, "3"), insert(-1, "0"), insert(0, "1"), insert(0, "2")),
    ).toEqual(["0", "a", "1", "2", "b", "3"].map(user));
    expect(edited([], insert(-1, "only"))).toEqual([user("only")]);
  });

  it("inserts as system only where the request proves that its API version allows it", () => {
    const edit: PromptEdit = { kind: "insert", after: 0, role: "system", text: "S" };
    expect(edited([user("a")], edit)).toEqual([user("a"), user("S")]);
    const old = { role: "system", content: "old" };
    expect(edited([user("a"), old], edit)).toEqual([user("a"), { role: "system", content: "S" }, old]);
  });

  it("puts whole messages in the place of one, or nothing", () => {
    const raw = '{"role":"assistant", "content":[{"type":"thinking","thinking":"","signature":"x"}]}';
    const prompt = promptOf({ messages: [user("a"), model(text("b")), user("c")] });
    const edit: PromptEdit = {
      kind: "replace-message",
      message: 1,
      rawMessages: [raw, '{"role":"user","content":"r"}'],
    };
    expect(applyEdits(prompt.text, editMessages(prompt, layoutOf(prompt), [edit]))).toContain(
      `,${raw},{"role":"user","content":"r"},`,
    );
    expect(edited([user("a"), user("b")], { kind: "replace-message", message: 0, rawMessages: [] })).toEqual([
      user("b"),
    ]);
  });

  it("carries out many kinds at once", () => {
    const all = [
      user("task"),
      model(call),
      user([result("old")]),
      model(thought, call),
      user([result("new"), text("and?")]),
    ];
    expect(
      edited(
        all,
        { kind: "drop-messages", from: 1, to: 3 },
        { kind: "result-texts", part: 2, texts: ["gone with its message"] },
        { kind: "insert", after: 2, role: "user", text: "(trimmed)" },
        { kind: "drop-thinking", from: 0, to: 5 },
        { kind: "result-texts", part: 5, texts: ["<new>"] },
      ),
    ).toEqual([user("task"), user("(trimmed)"), model(call), user([result("<new>"), text("and?")])]);
  });

  it("removes an inline offer with its block, and the message with its last block", () => {
    const definition = { name: "g", input_schema: {} };
    const addition = { type: "tool_addition", tool: { type: "tool_definition", definition } };
    expect(edited([user("a"), system(addition)], { kind: "remove-offer", offer: 0 })).toEqual([user("a")]);
    expect(edited([system(text("S"), addition)], { kind: "remove-offer", offer: 0 })).toEqual([
      system(text("S")),
    ]);
  });

  it("removes what shows and hides an offer that leaves, because nothing is left to refer to", () => {
    const reference = (type: string, name: string) => ({ type, tool: { type: "tool_reference", name } });
    const messages = [
      user("a"),
      system(reference("tool_addition", "g"), reference("tool_removal", "h")),
      system(reference("tool_removal", "g")),
      system(reference("tool_addition", "g")),
    ];
    const prompt = readPrompt(JSON.stringify({ tools: [{ name: "g" }, { name: "h" }], messages }));
    const after = editPrompt(prompt, [{ kind: "remove-offer", offer: 0 }]);
    expect(JSON.parse(after)).toEqual({
      tools: [{ name: "h" }],
      messages: [user("a"), system(reference("tool_removal", "h"))],
    });
  });

  it("changes no part that is not a result, and no place that is not there", () => {
    expect(() => edited([user("a")], { kind: "result-texts", part: 0, texts: ["b"] })).toThrow("no result");
    expect(() => edited([user("a")], { kind: "result-texts", part: 9, texts: ["b"] })).toThrow("no part 9");
    expect(() => edited([], { kind: "replace-message", message: 0, rawMessages: [] })).toThrow(
      "no message 0",
    );
  });
});
