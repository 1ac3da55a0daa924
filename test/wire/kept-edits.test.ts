import { describe, expect, it } from "vitest";
import { KeptEdits } from "../../src/wire/kept-edits.ts";

const original = '{"content":"old"}';
const edit = { start: 11, end: 16, text: '"new"' };

describe("edits kept by the content that they give", () => {
  it("are worked out once, and stand wherever the value stands", () => {
    const kept = new KeptEdits();
    const texts = ["new"];
    let worked = 0;
    const make = (): (typeof edit)[] => {
      worked++;
      return [edit];
    };
    expect(kept.at(0, original, texts, make)).toEqual([edit]);
    expect(kept.at(100, original, texts, make)).toEqual([{ start: 111, end: 116, text: '"new"' }]);
    expect(worked).toBe(1);
  });

  it("are worked out anew for another value with the same content to be", () => {
    const kept = new KeptEdits();
    const texts = ["new"];
    kept.at(0, original, texts, () => [edit]);
    const other = '{ "content": "old" }';
    const there = { start: 13, end: 18, text: '"new"' };
    expect(kept.at(0, other, texts, () => [there])).toEqual([there]);
    expect(kept.at(0, original, texts, () => [edit])).toEqual([edit]);
  });
});
