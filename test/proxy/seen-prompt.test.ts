import { describe, expect, it } from "vitest";
import type { PromptEdit } from "../../src/exchange/prompt.ts";
import { openaiResponses } from "../../src/protocols/openai-responses/index.ts";
import { alone, editsOfShown, type SeenPrompt } from "../../src/proxy/seen-prompt.ts";

const tools = [
  { type: "function", name: "a", parameters: {} },
  { type: "function", name: "b", parameters: {} },
];
const read = (body: object) => openaiResponses.readPrompt(JSON.stringify(body), "/v1/responses");
const earlier = {
  prompt: read({
    input: [
      { role: "user", content: "Hi" },
      {
        type: "additional_tools",
        role: "developer",
        tools: [{ type: "function", name: "old", parameters: {} }],
      },
    ],
  }),
  output: ['{"type":"function_call","call_id":"c1","name":"a","arguments":"{}"}'],
};
const result = { type: "function_call_output", call_id: "c1", output: "18" };
const shown = read({ tools, previous_response_id: "r1", input: [result, { role: "user", content: "So?" }] });
const whole = openaiResponses.withEarlier?.(shown, [earlier]) ?? shown;
const seen: SeenPrompt = {
  prompt: whole,
  messagesBefore: whole.messages.length - shown.messages.length,
  partsBefore: whole.parts.length - shown.parts.length,
  edits: [{ kind: "kept-id", from: "r1", to: "r2" }],
};
const own = (edit: PromptEdit): readonly PromptEdit[] =>
  editsOfShown([edit], seen, shown).filter(({ kind }) => kind !== "kept-id");

describe("edits of a prompt that was seen with kept turns", () => {
  it("are carried out on the client's own parts and messages", () => {
    const resultPart = whole.parts.findIndex(({ kind }) => kind === "result");
    const [edit] = own({ kind: "result-texts", part: resultPart, texts: ["framed"] });
    expect(edit?.kind === "result-texts" && shown.parts[edit.part]?.kind).toBe("result");
    const last = whole.messages.length - 1;
    expect(own({ kind: "insert", after: last, role: "user", text: "x" })).toMatchObject([{ after: 1 }]);
    expect(own({ kind: "insert", after: last - 2, role: "user", text: "x" })).toMatchObject([{ after: -1 }]);
    expect(own({ kind: "replace-message", message: last, rawMessages: [] })).toMatchObject([{ message: 1 }]);
    expect(own({ kind: "drop-messages", from: last, to: last + 1 })).toMatchObject([{ from: 1, to: 2 }]);
    expect(own({ kind: "append-system", text: "x" })).toEqual([{ kind: "append-system", text: "x" }]);
  });

  it("are left out where they touch what only the provider has", () => {
    expect(own({ kind: "result-texts", part: 0, texts: [] })).toEqual([]);
    expect(own({ kind: "drop-messages", from: 0, to: 1 })).toEqual([]);
    expect(own({ kind: "replace-message", message: 0, rawMessages: [] })).toEqual([]);
    expect(own({ kind: "insert", after: -1, role: "user", text: "x" })).toEqual([]);
  });

  it("find an offer by its name, and none that was made earlier", () => {
    const at = (name: string): number => whole.offers.findIndex((offer) => offer.name === name);
    expect(own({ kind: "remove-offer", offer: at("b") })).toEqual([{ kind: "remove-offer", offer: 1 }]);
    expect(at("old")).toBeGreaterThanOrEqual(0);
    expect(own({ kind: "remove-offer", offer: at("old") })).toEqual([]);
  });

  it("come with the provider's own ids", () => {
    expect(editsOfShown([], seen, shown)).toEqual([{ kind: "kept-id", from: "r1", to: "r2" }]);
    const edited = openaiResponses.editPrompt(shown, editsOfShown([], seen, shown));
    expect(JSON.parse(edited)).toMatchObject({ previous_response_id: "r2" });
  });
});

describe("a request that says all itself", () => {
  it("is seen as it is", () => {
    expect(alone(shown)).toEqual({ prompt: shown, messagesBefore: 0, partsBefore: 0, edits: [] });
  });
});
