import { describe, expect, it } from "vitest";
import { addOutputTokens } from "../../../src/protocols/openai-chat/usage-edit.ts";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

function added(text: string, tokens: number): string {
  return applyEdits(text, addOutputTokens(text, rootSpan(text), tokens));
}

describe("adding output tokens", () => {
  it("raises the tokens of the answer and the sum, and nothing else", () => {
    expect(added('{"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"x":4}}', 10)).toBe(
      '{"usage":{"prompt_tokens":3,"completion_tokens":14,"total_tokens":17,"x":4}}',
    );
  });

  it.each(['{"usage":null}', "{}", '{"usage":{"prompt_tokens":3,"completion_tokens":null}}'])(
    "makes up nothing that the provider did not say: %s",
    (text) => {
      expect(added(text, 10)).toBe(text);
    },
  );

  it("touches nothing where there is nothing to add", () => {
    const text = '{"usage":{"completion_tokens":1e1}}';
    expect(added(text, 0)).toBe(text);
  });
});
