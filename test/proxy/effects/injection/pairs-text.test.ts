import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairsOf, withoutPair, withPair } from "../../../../src/proxy/effects/injection/pairs-text.ts";

describe("the pairs of a form", () => {
  it("are read with their escapes decoded, in order, duplicates included", () => {
    expect(pairsOf("a=1&b+c=%C3%A9&&d&a=2&%zz=3")?.map(({ name, value }) => [name, value])).toEqual([
      ["a", "1"],
      ["b c", "é"],
      ["d", ""],
      ["a", "2"],
      ["%zz", "3"],
    ]);
  });

  it("are not read where an escape stands for no UTF-8", () => {
    expect(pairsOf("a=1&%FF=2")).toBeNull();
  });

  it("agree with URLSearchParams about every text that is UTF-8", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string({ minLength: 1 }))), (given) => {
        const text = new URLSearchParams(given).toString();
        expect(pairsOf(text)?.map(({ name, value }) => [name, value])).toEqual([
          ...new URLSearchParams(text),
        ]);
      }),
    );
  });

  it.each([
    ["", "k=v"],
    ["a=1", "a=1&k=v"],
    ["a=1&", "a=1&k=v"],
  ])("grow by one at the end of %j", (text, grown) => {
    expect(withPair(text, undefined, "k", "v")).toBe(grown);
  });

  it.each([
    ["k=old&b=2", "k=new&b=2", "b=2"],
    ["a=1&k=old", "a=1&k=new", "a=1"],
    ["a=1&k&b=2", "a=1&k=new&b=2", "a=1&b=2"],
    ["k=", "k=new", ""],
  ])("change in %j to %j, and without the pair are %j", (text, changed, without) => {
    const pair = pairsOf(text)?.find(({ name }) => name === "k");
    expect(withPair(text, pair, "k", "new")).toBe(changed);
    expect(pair && withoutPair(text, pair)).toBe(without);
  });
});
