import { describe, expect, it } from "vitest";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { InputChange } from "../../../src/protocols/openai-responses/input-change.ts";
import { itemsOf, layoutOf, readPrompt } from "../../../src/protocols/openai-responses/read-prompt.ts";
import { callItem, outputItem } from "./traffic.ts";

function changed(
  body: string,
  change: (input: InputChange) => void,
): { body: string; added: string | undefined } {
  const prompt = readPrompt(body);
  const layout = layoutOf(prompt);
  const input = new InputChange(prompt, layout, itemsOf(layout));
  change(input);
  const { edits, added } = input.textEdits();
  return { body: applyEdits(body, edits), added };
}

describe("a change of the input", () => {
  it("makes a list of a text, whose own bytes stay", () => {
    const { body } = changed('{"input":"Caf\\u00e9"}', (input) => {
      input.insert({ after: -1, role: "system", text: "First." });
      input.append(['{"role":"user","content":"Last."}']);
    });
    expect(body).toBe(
      '{"input":[{"role":"developer","content":"First."},{"role":"user","content":"Caf\\u00e9"},{"role":"user","content":"Last."}]}',
    );
    const without = changed('{"input":"Hi"}', (input) =>
      input.drop({ kind: "drop-messages", from: 0, to: 1 }),
    );
    expect(without.body).toBe('{"input":[]}');
  });

  it("is a new member where there is no input yet", () => {
    const { added } = changed('{"previous_response_id":"resp_1"}', (input) => input.append(["{}"]));
    expect(added).toBe("[{}]");
    expect(changed('{"input":"Hi"}', () => undefined).body).toBe('{"input":"Hi"}');
  });

  it("takes a turn away with all its items, and knows what is lost", () => {
    const items = [
      { role: "user", content: "Hi" },
      { type: "reasoning", id: "rs", summary: [] },
      callItem("c1"),
      outputItem("c1"),
    ];
    const { body } = changed(JSON.stringify({ input: items, tools: [] }), (input) => {
      input.replace({ kind: "replace-message", message: 1, rawMessages: ['{"a":1}', '{"a":2}'] });
      expect(input.itemsOf(1)).toEqual({ from: 1, to: 3 });
      expect([0, 1].map((message) => input.hasLost(message))).toEqual([false, true]);
      expect([0, 1, 2, 3].map((item) => input.loses(item))).toEqual([false, true, true, false]);
    });
    expect((JSON.parse(body) as { input: unknown[] }).input).toEqual([
      items[0],
      { a: 1 },
      { a: 2 },
      items[3],
    ]);
  });

  it("speaks to the model in the role that the client uses", () => {
    const input = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
    ];
    const { body } = changed(JSON.stringify({ input }), (one) =>
      one.insert({ after: 1, role: "system", text: "Now." }),
    );
    expect((JSON.parse(body) as { input: unknown[] }).input.at(-1)).toEqual({
      role: "system",
      content: "Now.",
    });
    const items = changed(JSON.stringify({ input }), (one) => one.removeItem(0));
    expect(JSON.parse(items.body)).toEqual({ input: [input[1]] });
  });
});
