import { describe, expect, it } from "vitest";
import { changeRepeated, repeatedAt } from "../../../src/protocols/gemini/repeated.ts";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

function changed(text: string, removed: readonly number[], inserted: Record<number, string[]> = {}): string {
  const list = repeatedAt(text, rootSpan(text));
  const map = new Map(Object.entries(inserted).map(([at, raw]) => [Number(at), raw]));
  return applyEdits(text, changeRepeated(list!, { removed: new Set(removed), inserted: map }));
}

describe("a repeated field", () => {
  it("is a list, or one element without the list around it", () => {
    expect(repeatedAt('[{"a":1},{"b":2}]', { start: 0, end: 17 })).toMatchObject({ isList: true });
    expect(repeatedAt('{"a":1}', { start: 0, end: 7 })).toMatchObject({
      isList: false,
      items: [{ start: 0, end: 7 }],
    });
    expect(repeatedAt('"a"', { start: 0, end: 3 })).toBeUndefined();
    expect(repeatedAt("{}", undefined)).toBeUndefined();
  });

  it("gets its list where the one element does not stay alone", () => {
    expect(changed('{"a":1}', [], { 1: ["{}"] })).toBe('[{"a":1},{}]');
    expect(changed('{"a":1}', [], { 0: ["{}", "[]"] })).toBe('[{},[],{"a":1}]');
    expect(changed('{"a":1}', [0], { 0: ["1"], 1: ["2"] })).toBe("[1,2]");
    expect(changed('{"a":1}', [])).toBe('{"a":1}');
    expect(changed('[ {"a":1}, 2 ]', [0], { 2: ["3"] })).toBe("[ 2,3 ]");
  });
});
