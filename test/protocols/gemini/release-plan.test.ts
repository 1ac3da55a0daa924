import { describe, expect, it } from "vitest";
import type { CallChange } from "../../../src/exchange/turn.ts";
import { readChunk } from "../../../src/protocols/gemini/chunk.ts";
import { addOutputTokens, ReleasePlan } from "../../../src/protocols/gemini/release-plan.ts";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";
import { callOf } from "./traffic.ts";

const drop = (position: number): CallChange => ({ kind: "drop", call: callOf("{}", { position }) });
const rewrite = (position: number, argumentsText: string): CallChange => ({
  kind: "rewrite",
  call: callOf("{}", { position }),
  argumentsText,
});
const call = (name: string, more: Record<string, unknown> = {}) => ({ functionCall: { name, ...more } });

function carriedOut(changes: readonly CallChange[], ...chunks: unknown[][]): unknown[] {
  const plan = new ReleasePlan(changes);
  return chunks.map((parts) => {
    const text = JSON.stringify({ candidates: [{ content: { parts } }] });
    const { edits, says } = plan.edit(readChunk(text, rootSpan(text)));
    if (!says) return null;
    const after = JSON.parse(applyEdits(text, edits)) as { candidates: { content: { parts: unknown } }[] };
    return after.candidates[0]?.content.parts;
  });
}

describe("carrying out what was decided about calls", () => {
  it("takes calls away, and leaves an empty text where nothing else is left", () => {
    expect(carriedOut([drop(0)], [call("f"), call("g"), { text: "x" }])).toEqual([
      [call("g"), { text: "x" }],
    ]);
    expect(carriedOut([drop(0)], [call("f")], [call("g")])).toEqual([null, [call("g")]]);
    const text = JSON.stringify({ candidates: [{ content: { parts: [call("f")] }, finishReason: "STOP" }] });
    const { edits, says } = new ReleasePlan([drop(0)]).edit(readChunk(text, rootSpan(text)));
    expect(says).toBe(true);
    expect(applyEdits(text, edits)).toContain('"parts":[{"text":""}]');
  });

  it("gives calls other arguments, whatever stood there", () => {
    expect(carriedOut([rewrite(1, '{"x":1}')], [call("f", { args: { a: 1 } }), call("g")])).toEqual([
      [call("f", { args: { a: 1 } }), call("g", { args: { x: 1 } })],
    ]);
    expect(carriedOut([rewrite(0, "no json")], [call("f", { args: {} })])).toEqual([
      [call("f", { args: "no json" })],
    ]);
  });

  it("shows a rewritten call whole in its first piece, and takes the others away", () => {
    const piece = {
      functionCall: { partialArgs: [{ jsonPath: "$.a", numberValue: 1 }], willContinue: true },
    };
    const chunks = [[call("f", { willContinue: true })], [piece], [{ functionCall: {} }, call("g")]];
    expect(carriedOut([rewrite(0, '{"x":1}')], ...chunks)).toEqual([
      [call("f", { args: { x: 1 } })],
      null,
      [call("g")],
    ]);
    expect(carriedOut([drop(0)], ...chunks)).toEqual([null, null, [call("g")]]);
  });

  it("adds output tokens where there is a count, and also where that is left out", () => {
    const added = (usage: string) => {
      const text = `{"usageMetadata":${usage}}`;
      return applyEdits(text, addOutputTokens(text, rootSpan(text), 5));
    };
    expect(added('{"candidatesTokenCount":2,"totalTokenCount":9}')).toBe(
      '{"usageMetadata":{"candidatesTokenCount":7,"totalTokenCount":14}}',
    );
    expect(added('{"totalTokenCount":9}')).toContain('"candidatesTokenCount":5');
    expect(addOutputTokens("{}", rootSpan("{}"), 5)).toEqual([]);
    expect(addOutputTokens('{"usageMetadata":{}}', rootSpan("{}"), 0)).toEqual([]);
  });
});
