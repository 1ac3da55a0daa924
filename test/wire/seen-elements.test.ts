import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elements, rootSpan } from "../../src/wire/json-text.ts";
import { SeenElements, type Element } from "../../src/wire/seen-elements.ts";

interface Copy {
  readonly text: string;
  readonly value: unknown;
}

/** Reads lists, and remembers which elements had to be derived. */
function reader(bytesMax = 1_000_000): { seen: SeenElements<Copy>; derived: string[] } {
  const derived: string[] = [];
  const seen = new SeenElements<Copy>(bytesMax, (text, value) => {
    derived.push(text);
    return { text, value };
  });
  return { seen, derived };
}

interface Read {
  readonly end: number;
  /** The text of each element, cut out of the list by the places that were given. */
  readonly texts: readonly string[];
  readonly elements: readonly Element<Copy>[];
}

function read(seen: SeenElements<Copy>, list: string, start = 0): Read {
  const bytes = Buffer.from(list);
  const found = seen.read(bytes, start);
  if (found === null) throw new Error("no list of JSON");
  const texts = found.elements.map((one, i) => {
    const from = found.starts[i] ?? 0;
    return bytes.toString("utf8", from, from + one.bytes.length);
  });
  for (const [i, one] of found.elements.entries()) {
    expect(one.text).toBe(texts[i]);
    expect(Buffer.from(one.bytes).toString()).toBe(texts[i]);
    expect(one.derived).toEqual({ text: texts[i], value: JSON.parse(texts[i] ?? "") as unknown });
  }
  return { end: found.end, texts, elements: found.elements };
}

const said = (content: string): string => JSON.stringify({ role: "user", content });

describe("lists whose elements were seen before", () => {
  it("derive only what is new in a history that grows", () => {
    const { seen, derived } = reader();
    const history = [said("a"), said("b"), said("c")];
    for (const length of [1, 2, 3]) read(seen, `[${history.slice(0, length).join(",")}]`);
    expect(derived).toEqual(history);
  });

  it("give the very same objects for the same text, wherever it stands", () => {
    const { seen } = reader();
    const first = read(seen, `[${said("a")},${said("日")}]`);
    const second = read(seen, `{"x":[ ${said("日")} , ${said("a")} ]}`, 5);
    expect(second.elements[0]).toBe(first.elements[1]);
    expect(second.elements[1]).toBe(first.elements[0]);
  });

  it("stand where they stand, whatever white space is between them", () => {
    const { seen } = reader();
    for (const text of ["[]", "[ ]", `[${said("é")} ,\n${said("a")}\t]`, `[${said("a")},${said("a")}]`]) {
      const { end, texts } = read(seen, text);
      expect(end).toBe(Buffer.byteLength(text));
      const spans = elements(text, rootSpan(text));
      expect(texts).toEqual(spans.map((span) => text.slice(span.start, span.end)));
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
      ["1", "12"],
      ["12", "1"],
      ["1", "1"],
    ]) {
      expect(read(seen, `[${list.join(",")}]`).texts).toEqual(list);
    }
  });

  it("keep no more than they may, with what each holds, and read what is gone again", () => {
    const { seen, derived } = reader(1_000);
    const history = Array.from({ length: 10 }, (_, i) => said("x".repeat(20) + i));
    for (let i = 0; i < 3; i++) expect(read(seen, `[${history.join(",")}]`).texts).toEqual(history);
    expect(derived.length).toBe(30);
  });

  it("are read each time where an element is larger than all that may be kept", () => {
    const { seen, derived } = reader(400);
    const list = `[${said("x".repeat(200))},${said("a")}]`;
    read(seen, list);
    read(seen, list);
    expect(derived.length).toBe(3);
  });

  it("know long elements of one length apart", () => {
    const { seen, derived } = reader();
    const long = ["a", "b"].map((end) => said(`${"x".repeat(20_000)}${end}`));
    for (const text of [...long, ...long]) expect(read(seen, `[${text}]`).texts).toEqual([text]);
    expect(derived).toEqual(long);
  });

  it.each(["[", "[1", "[1,", "[1,]", '[{"a":1}', '[{"a":1},]', '[{"a":1},{"a":tru}]', '[{"a":1}}', "[,1]"])(
    "are none where the list is no JSON: %s",
    (list) => {
      const { seen } = reader();
      read(seen, '[{"a":1}]');
      expect(seen.read(Buffer.from(list), 0)).toBeNull();
    },
  );

  it("forget nothing of what they gave because an element could not be derived", () => {
    const seen = new SeenElements<Copy>(1_000, (text, value, index) => {
      if (index === 1) throw new RangeError("not the second");
      return { text, value };
    });
    expect(() => read(seen, `[${said("a")},${said("b")}]`)).toThrow("not the second");
    expect(read(seen, `[${said("b")}]`).texts).toEqual([said("b")]);
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

  it.each([1_000, 1_000_000])("finds what a fresh reading finds, with %i bytes kept", (bytesMax) => {
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 6 }),
        fc.array(edit, { maxLength: 12 }),
        fc.constantFrom("", " ", "\n\t"),
        (start, edits, space) => {
          const { seen } = reader(bytesMax);
          let history: readonly string[] = start;
          for (const one of edits) {
            history = edited(history, one);
            const list = `[${history.join(`,${space}`)}]`;
            const { texts, end } = read(seen, list);
            expect(texts).toEqual(history);
            expect(end).toBe(Buffer.byteLength(list));
          }
        },
      ),
    );
  });
});
