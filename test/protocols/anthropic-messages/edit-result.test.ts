import { describe, expect, it } from "vitest";
import { editResult } from "../../../src/protocols/anthropic-messages/edit-result.ts";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";
import { applyEdits } from "../../../src/wire/json-edit.ts";

function rewritten(result: string, texts: readonly string[]): string {
  const open = '{"messages":[{"role":"user","content":[';
  const prompt = readPrompt(`${open}${result}]}]}`);
  const part = prompt.parts[0];
  if (part === undefined) throw new Error("There is no part.");
  return applyEdits(prompt.text, editResult(prompt.text, part, texts)).slice(open.length, -"]}]}".length);
}

describe("other texts for a result", () => {
  it("take the place of a string", () => {
    const result = '{"type":"tool_result", "content" : "18C","tool_use_id":"t", "is_error":false}';
    expect(rewritten(result, ['<"19C">'])).toBe(
      '{"type":"tool_result", "content" : "<\\"19C\\">","tool_use_id":"t", "is_error":false}',
    );
  });

  it("take the places of text blocks, which keep their other fields", () => {
    const result =
      '{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","cache_control":{"type":"ephemeral"}, "text":"a"},{"type":"image","source":{"type":"url","url":"u"}},{"type":"search_result","title":"T","source":"s","content":[{"text":"b\\u0062","type":"text"}]}]}';
    expect(rewritten(result, ["A", "B"])).toBe(result.replace('"a"', '"A"').replace('"b\\u0062"', '"B"'));
  });

  it("leave the spelling of a text that stays", () => {
    const result = '{"type":"tool_result","tool_use_id":"t","content":"\\u0061"}';
    expect(rewritten(result, ["a"])).toBe(result);
  });

  it("may be one stub for all, images included, or for a result without text", () => {
    const two =
      '{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"image","source":{"type":"url","url":"u"}}]}';
    expect(rewritten(two, ["removed"])).toBe('{"type":"tool_result","tool_use_id":"t","content":"removed"}');
    expect(rewritten('{"type":"tool_result","tool_use_id":"t"}', ["removed"])).toBe(
      '{"type":"tool_result","tool_use_id":"t","content":"removed"}',
    );
  });

  it("must be as many as the texts there are, or one", () => {
    expect(() => rewritten('{"type":"tool_result","tool_use_id":"t","content":"a"}', ["a", "b"])).toThrow(
      "1 texts",
    );
  });
});
