import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdits, removeMembers, without } from "../../src/validators/json-edits.ts";
import { memberOf, pointerOf, readJson } from "../../src/validators/json-tree.ts";
import { toValue } from "../../src/validators/json-value.ts";

const limits = { depthMax: 16 };

describe("editing JSON text", () => {
  it("carries out edits in whatever order they come", () => {
    const edits = [
      { start: 4, end: 5, text: "!" },
      { start: 0, end: 1, text: "" },
    ];
    expect(applyEdits("abcdef", edits)).toBe("bcd!f");
    expect(applyEdits("abc", [])).toBe("abc");
  });

  it("removes any members of an object with the right commas, and keeps every other character", () => {
    const names = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        names,
        fc.infiniteStream(fc.boolean()),
        fc.constantFrom("", " ", "\n  "),
        (all, coins, space) => {
          const members = all.map((name, place) => `${JSON.stringify(name)}:${space}${place}.50`);
          const text = `{${space}${members.join(`${space},${space}`)}${space}}`;
          const places = new Set(all.map((_, place) => place).filter(() => coins.next().value === true));
          const edited = applyEdits(text, removeMembers(readJson(text, limits), places));
          const kept = Object.entries(JSON.parse(text) as object).filter(
            ([name]) => !places.has(all.indexOf(name)),
          );
          expect(JSON.parse(edited)).toEqual(Object.fromEntries(kept));
          expect(edited === text).toBe(places.size === 0);
        },
      ),
    );
  });

  it("shows a tree as if members were gone, each value still at its place in the text", () => {
    const text = '{"a":1,"b":{"c":2,"d":[3]}}';
    const root = readJson(text, limits);
    const inner = memberOf(root, "b") ?? root;
    const rest = without(
      root,
      new Map([
        [root, new Set([0])],
        [inner, new Set([0])],
      ]),
    );
    expect(toValue(rest)).toEqual({ b: { d: [3] } });
    const three = memberOf(memberOf(rest, "b") ?? rest, "d")?.elements[0] ?? rest;
    expect(text.slice(three.start, three.end)).toBe("3");
    expect(pointerOf(three)).toBe("/b/d/0");
    expect(three.parent?.parent?.parent).toBe(rest);
    expect(rest.size).toBe(4);
    expect(without(root, new Map())).toBe(root);
  });
});
