import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elements, rootSpan } from "../../src/wire/json-text.ts";
import { SeenElements } from "../../src/wire/seen-elements.ts";

interface Copy {
  readonly text: string;
  readonly value: unknown;
}

/** Reads lists, and remembers which elements had to be derived. */
function reader(charsMax = 1_000_000): { seen: SeenElements<Copy>; derived: string[] } {
  const derived: string[] = [];
  const seen = new SeenElements<Copy>(charsMax, (text, value) => {
    derived.push(text);
    return { text, value };
  });
  return { seen, derived };
}

const said = (content: string): string => JSON.stringify({ role: "user", content });

describe("lists whose elements were seen before", () => {
  it("derive only what is new in a history that grows", () => {
    const { seen, derived } = reader();
    const history = [said("a"), said("b"), said("c")];
    for (const length of [1, 2, 3]) seen.read(`[${history.slice(0, length).join(",")}]`, 0);
    expect(derived).toEqual(history);
  });

  it("give the very same objects for the same text, wherever it stands", () => {
    const { seen } = reader();
    const first = seen.read(`[${said("a")},${said("b")}]`, 0);
    const second = seen.read(`{"x":[ ${said("b")} , ${said("a")} ]}`, 5);
    expect(second.derived).toEqual([first.derived[1], first.derived[0]]);
    expect(second.derived[0]).toBe(first.derived[1]);
  });

  it("stand where they stand, whatever white space is between them", () => {
    const { seen } = reader();
    for (const text of ["[]", " [ ]", `[${said("a")} ,\n${said("a")}\t]`, `[${said("a")},${said("a")}]`]) {
      const start = text.indexOf("[");
      const list = seen.read(text, start);
      expect(list.span).toEqual(rootSpan(text));
      expect(list.elements).toEqual(elements(text, list.span));
    }
  });

  it("tell an element from one that begins like it", () => {
    const { seen } = reader();
    const [short, long] = ['{"a":"1"}', '{"a":"1","b":2}'];
    for (const list of [
      [short, short],
      [long, short],
      [short, long],
      [long, long],
    ]) {
      expect(seen.read(`[${list.join(",")}]`, 0).derived.map(({ text }) => text)).toEqual(list);
    }
    for (const numbers of [
      ["1", "12"],
      ["12", "1"],
      ["1", "1"],
    ]) {
      expect(seen.read(`[${numbers.join(",")}]`, 0).derived.map(({ text }) => text)).toEqual(numbers);
    }
  });

  it("keep no more text than they may, and read what is gone again", () => {
    const { seen, derived } = reader(200);
    const list = `[${Array.from({ length: 10 }, (_, i) => said("x".repeat(20) + i)).join(",")}]`;
    for (let i = 0; i < 3; i++) {
      const { elements: spans, derived: copies } = seen.read(list, 0);
      expect(copies.map(({ text }) => text)).toEqual(spans.map(({ start, end }) => list.slice(start, end)));
    }
    expect(derived.length).toBe(30);
  });

  it("are read each time where an element is larger than all that may be kept", () => {
    const { seen, derived } = reader(50);
    const list = `[${said("x".repeat(100))},${said("a")}]`;
    seen.read(list, 0);
    seen.read(list, 0);
    expect(derived.length).toBe(3);
  });

  it("do not mistake long texts with lone surrogates for each other", () => {
    const { seen } = reader();
    const texts = ["\ud800", "\udbff"].map((unit) => `{"a":"${"x".repeat(20_000)}${unit}"}`);
    for (const text of [...texts, ...texts]) {
      expect(seen.read(`[${text}]`, 0).derived[0]?.text).toBe(text);
    }
  });

  it("say where a list is no JSON, also behind what was seen before", () => {
    const { seen } = reader();
    seen.read(`[${said("a")}]`, 0);
    const at = said("a").length + 1;
    expect(() => seen.read(`[${said("a")}`, 0)).toThrow(`Expected "," or "]" at position ${at}`);
    expect(() => seen.read(`[${said("a")},]`, 0)).toThrow(`Expected a value at position ${at + 1}`);
    expect(() => seen.read(`[${said("a")},{"a":tru}]`, 0)).toThrow(`at position ${at + 6}`);
    expect(() => seen.read("{}", 0)).toThrow("Expected an array at position 0");
  });

  it("forget nothing of what they gave because an element could not be derived", () => {
    const seen = new SeenElements<Copy>(1_000, (text, value, index) => {
      if (index === 1) throw new RangeError("not the second");
      return { text, value };
    });
    expect(() => seen.read(`[${said("a")},${said("b")}]`, 0)).toThrow("not the second");
    expect(seen.read(`[${said("b")}]`, 0).derived[0]?.text).toBe(said("b"));
  });
});

describe("reading any history behind any other", () => {
  const pieces = fc.constantFrom('"', "\\", "{", "}", ",", "a", "é", "日", "\n");
  const text = fc.oneof(fc.string({ unit: pieces, maxLength: 6 }), fc.string({ maxLength: 4 }));
  const element = fc
    .oneof(
      fc.record({ role: fc.constantFrom("user", "tool"), content: text }),
      fc.record({ content: fc.array(fc.record({ text }), { maxLength: 2 }), role: fc.constant("user") }),
    )
    .map((value) => JSON.stringify(value));
  /** How the next request differs: an element changed, dropped, put in or moved. */
  const edit = fc.tuple(
    fc.constantFrom("keep", "append", "change", "drop", "insert", "swap", "cut"),
    fc.nat({ max: 7 }),
    element,
  );

  function edited(history: readonly string[], [kind, at, json]: [string, number, string]): string[] {
    const copy = [...history];
    const [one, other] = [copy[at % (copy.length || 1)], copy[0]];
    if (kind === "append") copy.push(json);
    else if (kind === "change" && one !== undefined) copy[at % copy.length] = json;
    else if (kind === "drop") copy.splice(at, 1);
    else if (kind === "insert") copy.splice(at, 0, json);
    else if (kind === "cut") copy.length = Math.min(copy.length, at);
    else if (kind === "swap" && one !== undefined && other !== undefined) {
      copy[0] = one;
      copy[at % copy.length] = other;
    }
    return copy;
  }

  it.each([100, 1_000_000])("finds what a fresh reading finds, with %i characters kept", (charsMax) => {
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 6 }),
        fc.array(edit, { maxLength: 12 }),
        fc.constantFrom("", " ", "\n\t"),
        (start, edits, space) => {
          const { seen } = reader(charsMax);
          let history: readonly string[] = start;
          for (const one of edits) {
            history = edited(history, one);
            const list = `[${history.join(`,${space}`)}]`;
            const read = seen.read(list, 0);
            expect(read).toEqual(reader().seen.read(list, 0));
            expect(read.elements).toEqual(elements(list, rootSpan(list)));
            expect(read.derived.map(({ value }) => value)).toEqual(JSON.parse(list));
          }
        },
      ),
    );
  });
});
