import { describe, expect, it } from "vitest";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";
import {
  addOutputTokens,
  editOutput,
  outputOf,
  rewriteItem,
} from "../../../src/protocols/openai-responses/output-edit.ts";

const text =
  '{"output":[{"type":"function_call","arguments":"a"}, {"type":"message"}],"usage":{"output_tokens":1,"total_tokens":5}}';
const root = rootSpan(text);
const output = outputOf(text, root)!;

describe("edits on the output of a response", () => {
  it("take items away, give others their arguments, and put earlier items in front", () => {
    const dropping = editOutput(text, output, (index) => (index === 0 ? { kind: "drop" } : undefined), [
      '{"type":"reasoning"}',
    ]);
    expect(JSON.parse(applyEdits(text, dropping))).toMatchObject({
      output: [{ type: "reasoning" }, { type: "message" }],
    });
    const change = { kind: "rewrite", argumentsText: "{}" } as const;
    const rewriting = editOutput(text, output, (index) => (index === 0 ? change : undefined), []);
    expect(applyEdits(text, rewriting)).toBe(text.replace('"a"', '"{}"'));
  });

  it("know which member of a call holds its text", () => {
    const item = '{"type":"custom_tool_call","input":"x"}';
    expect(applyEdits(item, [rewriteItem(item, rootSpan(item), "y")])).toBe(
      '{"type":"custom_tool_call","input":"y"}',
    );
  });

  it("add tokens only where the provider counted some", () => {
    expect(applyEdits(text, addOutputTokens(text, root, 10))).toContain(
      '{"output_tokens":11,"total_tokens":15}',
    );
    expect(addOutputTokens(text, root, 0)).toEqual([]);
    expect(addOutputTokens('{"usage":null}', rootSpan('{"usage":null}'), 10)).toEqual([]);
    expect(outputOf('{"output":null}', rootSpan('{"output":null}'))).toBeUndefined();
  });
});
