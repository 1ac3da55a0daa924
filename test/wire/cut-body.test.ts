import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutBody, type CutBody } from "../../src/wire/cut-body.ts";
import { checkJson } from "../../src/wire/json-check.ts";
import { applyEdits, changeList, type TextEdit } from "../../src/wire/json-edit.ts";
import { JsonTextError } from "../../src/wire/json-scan.ts";
import { member, rootSpan } from "../../src/wire/json-text.ts";
import { SeenElements } from "../../src/wire/seen-elements.ts";
import { SeenFrames } from "../../src/wire/seen-frames.ts";

const seen = new SeenElements<{ readonly value: unknown }>(1_000_000, (_text, value) => ({ value }));

const frames = new SeenFrames<{ readonly text: string }>(100_000, (text) => {
  checkJson(text);
  return { text };
});

type Cut = CutBody<{ readonly value: unknown }, { readonly text: string }>;

function cutOf(text: string): Cut {
  const cut = cutBody(Buffer.from(text), "list", seen, frames);
  if (cut === undefined) throw new Error("no object");
  return cut;
}

function elementTexts({ list }: Cut): string[] | undefined {
  return list?.elements.map(({ text }) => text);
}

describe("a body with a list cut out", () => {
  it("is short, and still the same JSON around the list", () => {
    const cut = cutOf('{"a":"日","list":[ {"b":1} , {"c":"é"}],"d":2}');
    expect(cut.rest).toBe('{"a":"日","list":[ 0 , 0],"d":2}');
    expect(cut.around.text).toBe('{"a":"日","list":[],"d":2}');
    expect(elementTexts(cut)).toEqual(['{"b":1}', '{"c":"é"}']);
  });

  it("knows where the elements stand in the whole text, and what is behind them", () => {
    const text = '\ufeff {"a":"日","list":[{"b":"é"},{"c":1}],"d":2}';
    const cut = cutOf(text);
    expect(cut.text).toBe(text);
    expect(cut.list?.spans.map(({ start, end }) => text.slice(start, end))).toEqual(elementTexts(cut));
    const d = member(cut.around.text, { start: 2, end: cut.around.text.length }, "d");
    const { start, end } = cut.inWhole(d ?? { start: 0, end: 0 });
    expect(text.slice(start, end)).toBe("2");
    expect(cut.inWhole({ start: 3, end: 6 })).toEqual({ start: 3, end: 6 });
  });

  it("is the same whether or not a body of its kind was seen before", () => {
    const bodies = [
      '{"a":1,"list":[],"d":2}',
      '{"a":1,"list":[{"b":"é"}],"d":2}',
      '{"a":1,"list":[ {"b":"é"} , {"c":1} ],"d":2}',
      '{"a":1,"list":[{"b":1}],"list":[{"c":1}]}',
      '{"a":1,"list":[{"b":1}],"list":7}',
      '{"a":1,"list":[{"b":1}],"d":"日"}',
    ];
    // Nothing fits in.
    const fresh = new SeenFrames<{ readonly text: string }>(1, (text) => ({ text }));
    for (const text of [...bodies, ...bodies, ...bodies.toReversed()]) {
      const [cut, other] = [cutOf(text), cutBody(text, "list", seen, fresh)];
      expect(cut.around).toEqual(other?.around);
      expect(cut.list).toEqual(other?.list);
      // What stands behind the list in both; nothing where there is none.
      const bracket = cut.list === undefined ? text.length : cut.around.text.lastIndexOf("]");
      const behind = cut.inWhole({ start: bracket, end: cut.around.text.length });
      expect(text.slice(behind.start, behind.end)).toBe(cut.around.text.slice(bracket));
    }
  });

  it("is read again where the same beginning is followed by what is no JSON", () => {
    for (let times = 0; times < 2; times++) cutOf('{"a":1,"list":[{"b":1}],"d":2}');
    for (const text of [
      '{"a":1,"list":[{"b":1}],"d":2} 3',
      '{"a":1,"list":[{"b":1}],"d":}',
      '{"a":1,"list":[{"b":1},"d":2}',
      '{"a":1,"list":[{"b":1}}',
      '{"a":1,"list":[',
    ]) {
      expect(() => cutOf(text)).toThrow(JsonTextError);
    }
  });

  it("is the list that counts: the last one, however its name is spelled", () => {
    const cut = cutOf('{"list":[{"a":1}],"l\\u0069st":[{"b":1}],"li\\\\st":[],"":[]}');
    expect(elementTexts(cut)).toEqual(['{"b":1}']);
    expect(cut.rest).toContain('[{"a":1}]');
  });

  it.each(['{"list":17}', '{"list":[{"a":1}],"list":{}}', "{}", '{"nested":{"list":[{"a":1}]}}'])(
    "has no list in %s",
    (text) => {
      const cut = cutOf(text);
      expect(cut.list).toBeUndefined();
      expect(cut.rest).toBe(text);
      expect(cut.edited([{ start: 0, end: 0, text: " " }], new Map()).toString()).toBe(` ${text}`);
    },
  );

  it("is none where the body is something else than an object", () => {
    for (const text of ["[]", "17", '"list"', "null"])
      expect(cutBody(text, "list", seen, frames)).toBeUndefined();
  });

  it.each([
    ["", "Expected a value at position 0"],
    ["{", "at position 1"],
    ['{"日":[1}', 'Expected "," or "]" at position 7'],
    ['{"list":[{"a":"日"},{"a":}]}', "Expected a value at position 24"],
    ['{"list":[{"a":1}}', 'Expected "," or "]" at position 16'],
    ['{"list":[]} 1', "Expected the end of the text at position 12"],
    ['{"list":[],}', "at position 11"],
    ["{list:[]}", "at position 1"],
  ])("says where %s is no JSON", (text, sentence) => {
    expect(() => cutBody(text, "list", seen, frames)).toThrow(JsonTextError);
    expect(() => cutBody(text, "list", seen, frames)).toThrow(sentence);
  });

  it("refuses edits that overlap or leave the text", () => {
    const cut = cutOf('{"list":[{"a":1}],"b":2}');
    const at = (start: number, end: number): TextEdit => ({ start, end, text: "" });
    for (const edits of [[at(1, 5), at(4, 6)], [at(0, 999)], [at(5, 4)]]) {
      expect(() => cut.edited(edits, new Map())).toThrow(RangeError);
    }
  });
});

describe("edits of a body with a list cut out", () => {
  const word = fc.constantFrom("a", "é", "日本", "😀", '"', "\\", "\n", "");
  const element = fc.record({ text: word, more: fc.array(word, { maxLength: 3 }) });
  const space = fc.constantFrom("", " ", "\n\t");
  const body = fc.record({
    head: fc.dictionary(fc.constantFrom("a", "日", "c"), word, { maxKeys: 2 }),
    list: fc.array(element, { maxLength: 6 }),
    tail: fc.dictionary(fc.constantFrom("x", "y"), fc.array(word), { maxKeys: 2 }),
    space,
  });
  type Body = typeof body extends fc.Arbitrary<infer T> ? T : never;

  function textOf({ head, list, tail, space: gap }: Body): string {
    const members = [
      ...Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`),
      `"list":${gap}[${gap}${list.map((one) => JSON.stringify(one)).join(`${gap},${gap}`)}${gap}]`,
      ...Object.entries(tail).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`),
    ];
    return `${gap}{${members.join(`${gap},`)}}${gap}`;
  }

  it("come out as they would on the whole text", () => {
    const index = fc.nat({ max: 6 });
    fc.assert(
      fc.property(
        body,
        fc.uniqueArray(index),
        fc.uniqueArray(index),
        fc.array(fc.tuple(index, element), { maxLength: 3 }),
        fc.boolean(),
        (given, removed, changed, inserted, around) => {
          const text = textOf(given);
          const cut = cutOf(text);
          const { list } = cut;
          if (list === undefined) throw new Error("there is a list");
          const count = list.elements.length;
          const change = {
            removed: new Set(removed.filter((at) => at < count)),
            inserted: new Map(
              inserted.filter(([at]) => at <= count).map(([at, one]) => [at, [JSON.stringify(one)]]),
            ),
          };
          const others = changed.filter((at) => at < count && !change.removed.has(at));
          const changedText = (at: number): string => `{"changed":"日 ${at}"}`;

          const whole = { start: 0, end: 0, ...member(text, rootSpan(text), "list") };
          const expected = applyEdits(text, [
            ...changeList(whole, list.spans, change),
            ...others.map((at) => ({ start: 0, end: 0, ...list.spans[at], text: changedText(at) })),
            ...(around ? [{ start: text.length, end: text.length, text: "é" }] : []),
          ]);

          const inRest = { start: 0, end: 0, ...member(cut.rest, rootSpan(cut.rest), "list") };
          const places = cut.places.map((place) => ({ start: place, end: place + 1 }));
          const edits = [
            ...changeList(inRest, places, change),
            ...(around ? [{ start: cut.rest.length, end: cut.rest.length, text: "é" }] : []),
          ];
          const bytes = new Map(others.map((at) => [at, Buffer.from(changedText(at))]));
          expect(cut.edited(edits, bytes).toString()).toBe(expected);

          const inPlace = others.map((at) => ({
            start: 0,
            end: 0,
            ...list.spans[at],
            text: changedText(at),
          }));
          expect(cut.edited([], bytes).toString()).toBe(applyEdits(text, inPlace));
        },
      ),
    );
  });
});
