import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  appendInString,
  applyEdits,
  changeList,
  insertElement,
  removeElements,
  removeMembers,
  setMember,
  setMembers,
} from "../../src/wire/json-edit.ts";
import { elements, members, parseAt, rootSpan } from "../../src/wire/json-text.ts";
import { anyJsonText } from "./json-arbitrary.ts";

function changedBy(text: string, key: string, json: string): string {
  return applyEdits(text, [setMember(text, rootSpan(text), key, json)]);
}

describe("editing text", () => {
  it("gives the very same string without edits", () => {
    const text = '{"a": 1}';
    expect(applyEdits(text, [])).toBe(text);
  });

  it("leaves everything outside the edits as it was, in whatever order they come", () => {
    const cuts = fc.uniqueArray(fc.nat({ max: 40 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(fc.string({ minLength: 41, maxLength: 41 }), cuts, fc.nat(), (text, places, seed) => {
        const inOrder = places.sort((a, b) => a - b);
        const edits = [];
        let expected = text.slice(0, inOrder[0]);
        for (let index = 0; index + 1 < inOrder.length; index++) {
          const [start, end] = [inOrder[index]!, inOrder[index + 1]!];
          const edited = index % 2 === 0;
          if (edited) edits.push({ start, end, text: `<${index}>` });
          expected += edited ? `<${index}>` : text.slice(start, end);
        }
        expected += text.slice(inOrder.at(-1));
        const shuffled = edits.map((edit, index) => ({ edit, key: (index * 7919 + seed) % 13 }));
        shuffled.sort((a, b) => a.key - b.key);
        const inAnyOrder = shuffled.map(({ edit }) => edit);
        expect(applyEdits(text, inAnyOrder)).toBe(expected);
      }),
    );
  });

  it("keeps the order of insertions at one place, before a replacement there", () => {
    const edits = [
      { start: 1, end: 2, text: "X" },
      { start: 1, end: 1, text: "1" },
      { start: 1, end: 1, text: "2" },
    ];
    expect(applyEdits("abc", edits)).toBe("a12Xc");
  });

  it("does not guess when two edits overlap", () => {
    const first = { start: 0, end: 2, text: "" };
    expect(() => applyEdits("abc", [first, { start: 1, end: 3, text: "" }])).toThrow("overlaps");
    expect(() => applyEdits("abc", [{ start: 2, end: 4, text: "" }])).toThrow("leaves the text");
  });
});

describe("changing a list", () => {
  const listText = fc.array(anyJsonText, { maxLength: 6 }).chain((items) =>
    fc.tuple(fc.constantFrom("", " ", "\n  "), fc.constant(items)).map(([space, all]) => ({
      text: `[${space}${all.join(`${space},${space}`)}${space}]`,
      count: all.length,
    })),
  );

  it("keeps the text of what stays and the commas right, whatever leaves and comes", () => {
    fc.assert(
      fc.property(
        listText,
        fc.nat(),
        fc.array(fc.nat({ max: 6 }), { maxLength: 4 }),
        (list, mask, places) => {
          const root = rootSpan(list.text);
          const spans = elements(list.text, root);
          const removed = new Set(spans.flatMap((_, index) => ((mask >> index) & 1 ? [index] : [])));
          const inserted = new Map<number, string[]>();
          for (const [count, place] of places.entries()) {
            const before = Math.min(place, spans.length);
            inserted.set(before, [...(inserted.get(before) ?? []), `"new ${count}"`]);
          }
          const expected: string[] = [];
          for (let index = 0; index <= spans.length; index++) {
            expected.push(...(inserted.get(index) ?? []));
            const span = spans[index];
            if (span && !removed.has(index)) expected.push(list.text.slice(span.start, span.end));
          }
          const changed = applyEdits(list.text, changeList(root, spans, { removed, inserted }));
          const found = elements(changed, rootSpan(changed));
          expect(found.map((span) => changed.slice(span.start, span.end))).toEqual(expected);
        },
      ),
    );
  });

  it.each([
    [[0], "[ 2, 3 ]"],
    [[1], "[ 1, 3 ]"],
    [[2], "[ 1, 2 ]"],
    [[0, 1], "[ 3 ]"],
    [[1, 2], "[ 1 ]"],
    [[0, 2], "[ 2 ]"],
    [[0, 1, 2], "[  ]"],
    [[], "[ 1, 2, 3 ]"],
  ])("removes the elements %j", (indexes, expected) => {
    const text = "[ 1, 2, 3 ]";
    const edits = removeElements(rootSpan(text), elements(text, rootSpan(text)), new Set(indexes));
    expect(applyEdits(text, edits)).toBe(expected);
  });

  it.each([
    ["[]", 0, "[9]"],
    ["[ ]", 0, "[9 ]"],
    ["[1]", 0, "[9,1]"],
    ["[1]", 1, "[1,9]"],
    ["[1, 2]", 1, "[1, 9,2]"],
  ])("inserts into %s before element %d", (text, before, expected) => {
    const edits = insertElement(rootSpan(text), elements(text, rootSpan(text)), before, "9");
    expect(applyEdits(text, edits)).toBe(expected);
  });

  it("lets an edit inside an element that stays stand beside the removal of its neighbours", () => {
    const text = '[1,{"a":1},3]';
    const spans = elements(text, rootSpan(text));
    const inside = setMember(text, spans[1]!, "a", "2");
    const around = removeElements(rootSpan(text), spans, new Set([0, 2]));
    expect(applyEdits(text, [inside, ...around])).toBe('[{"a":2}]');
  });
});

describe("changing an object", () => {
  it("replaces the duplicate that counts, or adds at the end", () => {
    expect(changedBy('{"a":1, "b":2, "a":3}', "a", "9")).toBe('{"a":1, "b":2, "a":9}');
    expect(changedBy('{"a":1 }', 'q"', "[]")).toBe('{"a":1,"q\\"":[] }');
    expect(changedBy("{ }", "a", "1")).toBe('{"a":1 }');
  });

  it("sets a member of any object so that JSON.parse finds it", () => {
    const objects = anyJsonText.filter((text) => text.trim().startsWith("{"));
    fc.assert(
      fc.property(objects, fc.string(), (text, key) => {
        const changed = changedBy(text, key, '"set"');
        const all = members(changed, rootSpan(changed)).filter((one) => one.key === key);
        expect(parseAt(changed, all.at(-1)!.value)).toBe("set");
      }),
    );
  });

  it("sets several members, also in an empty object", () => {
    const setIn = (text: string): string =>
      applyEdits(
        text,
        setMembers(text, rootSpan(text), [
          ["a", "1"],
          ["b", "2"],
          ["c", "3"],
        ]),
      );
    expect(setIn("{}")).toBe('{"a":1,"b":2,"c":3}');
    expect(setIn('{ "b": 0 }')).toBe('{ "b": 2,"a":1,"c":3 }');
  });

  it("removes members, duplicates included", () => {
    const text = '{"a":1, "b":2, "a":3 }';
    const removed = (keys: string[]): string =>
      applyEdits(text, removeMembers(text, rootSpan(text), new Set(keys)));
    expect(removed(["a"])).toBe('{"b":2 }');
    expect(removed(["a", "b"])).toBe("{ }");
    expect(removed(["z"])).toBe(text);
  });
});

describe("adding to a string", () => {
  it("appends any text to any string, escaped", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (old, added) => {
        const text = ` ${JSON.stringify(old)}`;
        const changed = applyEdits(text, [appendInString(rootSpan(text), added)]);
        expect(JSON.parse(changed)).toBe(old + added);
      }),
    );
  });
});
