import { describe, expect, it } from "vitest";
import type { PromptEdit } from "../../../src/exchange/prompt.ts";
import { ContentsChange } from "../../../src/protocols/gemini/edit-contents.ts";
import { editPrompt } from "../../../src/protocols/gemini/edit-prompt.ts";
import { layoutOf, readPrompt } from "../../../src/protocols/gemini/read-prompt.ts";
import { fixture, path, promptOf } from "./traffic.ts";

const chat = readPrompt(fixture("requests/streamed-chat.json"), path);

function contentsAfter(prompt: typeof chat, ...edits: PromptEdit[]): Record<string, unknown>[] {
  return (JSON.parse(editPrompt(prompt, edits)) as { contents: Record<string, unknown>[] }).contents;
}

describe("editing contents", () => {
  it("drops and replaces all pieces of a turn that a chat kept apart", () => {
    expect(contentsAfter(chat, { kind: "drop-messages", from: 1, to: 2 })).toHaveLength(2);
    const rawMessages = ['{"role":"model","parts":[{"text":"Once"}]}'];
    const after = contentsAfter(chat, { kind: "replace-message", message: 1, rawMessages });
    expect(after.map(({ role }) => role)).toEqual(["user", "model", "user"]);
  });

  it("inserts behind the last piece of a turn", () => {
    const after = contentsAfter(chat, { kind: "insert", after: 1, role: "system", text: "Note." });
    expect(after.map(({ role }) => role)).toEqual(["user", "model", "model", "model", "user", "user"]);
    expect(after[4]).toEqual({ role: "user", parts: [{ text: "Note." }] });
  });

  it("drops a content that was nothing but thinking, and keeps signatures on what stays", () => {
    const prompt = promptOf(
      { role: "user", parts: [{ text: "Hi" }] },
      { role: "model", parts: [{ text: "Hm", thought: true }] },
      {
        role: "model",
        parts: [
          { text: "Hm", thought: true },
          { text: "Ho", thoughtSignature: "s" },
        ],
      },
    );
    expect(contentsAfter(prompt, { kind: "drop-thinking", from: 0, to: 2 }).slice(1)).toEqual([
      { role: "model", parts: [{ text: "Ho", thoughtSignature: "s" }] },
    ]);
  });

  it("rewrites no result of a message that leaves, and no text that stays as it is", () => {
    const response = { functionResponse: { name: "f", response: { output: "18" } } };
    const prompt = promptOf(
      { role: "model", parts: [{ functionCall: { name: "f" } }] },
      { role: "user", parts: [response] },
    );
    const edit = { kind: "result-texts", part: 1, texts: ["19"] } as const;
    expect(contentsAfter(prompt, edit, { kind: "drop-messages", from: 0, to: 2 })).toEqual([]);
    expect(editPrompt(prompt, [{ ...edit, texts: ["18"] }])).toBe(prompt.text);
  });

  it("knows what is no result, no message, and no text for one", () => {
    const change = new ContentsChange(chat, layoutOf(chat));
    expect(() => change.rewriteResult({ kind: "result-texts", part: 0, texts: ["x"] })).toThrow(/no result/);
    expect(() => change.rewriteResult({ kind: "result-texts", part: 99, texts: ["x"] })).toThrow(
      /no part 99/,
    );
    expect(() => change.insert(9, "x")).toThrow(/no message 9/);
    const prompt = promptOf({ role: "user", parts: [{ functionResponse: { name: "f", response: {} } }] });
    const other = new ContentsChange(prompt, layoutOf(prompt));
    const empty = promptOf({ role: "user", parts: [{ functionResponse: { name: "f" } }] });
    expect(editPrompt(empty, [{ kind: "result-texts", part: 0, texts: [] }])).toBe(empty.text);
    expect(() => other.rewriteResult({ kind: "result-texts", part: 0, texts: ["a", "b"] })).toThrow(
      /one text/,
    );
  });
});
