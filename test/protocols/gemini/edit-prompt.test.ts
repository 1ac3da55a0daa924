import { describe, expect, it } from "vitest";
import { editPrompt } from "../../../src/protocols/gemini/edit-prompt.ts";
import { readPrompt } from "../../../src/protocols/gemini/read-prompt.ts";
import { fixture, path } from "./traffic.ts";

const contents = '"contents":[{"parts":[{"text":"Hi"}]}]';

function appended(system: string): unknown {
  const body = `{${contents}${system}}`;
  return JSON.parse(editPrompt(readPrompt(body, path), [{ kind: "append-system", text: "Be kind." }]));
}

describe("text at the end of a system instruction", () => {
  it.each([
    ["", { systemInstruction: { parts: [{ text: "Be kind." }] } }],
    [',"systemInstruction":null', { systemInstruction: { parts: [{ text: "Be kind." }] } }],
    [
      ',"system_instruction":{"parts":{"text":"A"}}',
      { system_instruction: { parts: [{ text: "A" }, { text: "Be kind." }] } },
    ],
    [
      ',"systemInstruction":{"role":"user"}',
      { systemInstruction: { role: "user", parts: [{ text: "Be kind." }] } },
    ],
    [',"systemInstruction":"A"', { systemInstruction: "A\n\nBe kind." }],
    [',"systemInstruction":""', { systemInstruction: "Be kind." }],
  ])("of %j", (system, after) => {
    expect(appended(system)).toMatchObject(after);
  });

  it("comes before the first content where a cached content allows no instruction", () => {
    const prompt = readPrompt(fixture("requests/streamed-chat.json"), path);
    const after = JSON.parse(editPrompt(prompt, [{ kind: "append-system", text: "Be kind." }])) as Record<
      string,
      unknown
    >;
    expect(after).not.toHaveProperty("systemInstruction");
    expect((after["contents"] as unknown[])[0]).toEqual({ role: "user", parts: [{ text: "Be kind." }] });
  });
});
