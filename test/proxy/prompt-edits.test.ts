import { describe, expect, it } from "vitest";
import type { Part, Prompt, PromptEdit } from "../../src/exchange/prompt.ts";
import { dropsParts, editsBehind, leaves } from "../../src/proxy/prompt-edits.ts";

const part = (message: number, kind: Part["kind"] = "text"): Part => ({ message, kind }) as Part;

describe("a part", () => {
  it("leaves with its message, unless it is a system text, and thinking with its own edit", () => {
    const drop: PromptEdit = { kind: "drop-messages", from: 1, to: 3 };
    expect([0, 1, 2, 3].map((message) => leaves(part(message), [drop]))).toEqual([false, true, true, false]);
    expect(leaves(part(1, "system"), [drop])).toBe(false);
    const thinking: PromptEdit = { kind: "drop-thinking", from: 0, to: 2 };
    expect(leaves(part(1, "thinking"), [thinking])).toBe(true);
    expect(leaves(part(1, "text"), [thinking])).toBe(false);
    expect(leaves(part(2, "thinking"), [thinking])).toBe(false);
  });
});

it("takes parts out only where it drops messages or thinking", () => {
  expect(
    dropsParts([
      { kind: "append-system", text: "x" },
      { kind: "result-texts", part: 1, texts: [] },
    ]),
  ).toBe(false);
  expect(
    dropsParts([
      { kind: "append-system", text: "x" },
      { kind: "drop-messages", from: 1, to: 2 },
    ]),
  ).toBe(true);
  expect(dropsParts([{ kind: "drop-thinking", from: 1, to: 2 }])).toBe(true);
});

describe("edits of a conversation that was under way when it was first seen", () => {
  const prompt = { parts: [part(0), part(1), part(2), part(3)] } as unknown as Prompt;
  const edits: PromptEdit[] = [
    { kind: "append-system", text: "x" },
    { kind: "result-texts", part: 1, texts: [] },
    { kind: "result-texts", part: 2, texts: [] },
    { kind: "drop-messages", from: 1, to: 3 },
    { kind: "insert", after: 2, role: "user", text: "x" },
  ];

  it("touch nothing before its latest user message of that time", () => {
    expect(editsBehind(edits, prompt, 2)).toEqual([edits[2], edits[4]]);
    expect(editsBehind(edits, prompt, 0)).toBe(edits);
  });

  it("take a refused offer out all the same, and the thinking that this voids", () => {
    const refused: PromptEdit = { kind: "remove-offer", offer: 0 };
    expect(editsBehind([refused], prompt, 2)).toEqual([refused, { kind: "drop-thinking", from: 0, to: 2 }]);
  });
});
