import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonPieces } from "../../../src/proxy/effects/json-fields.ts";

const pieces = (value: unknown, fields: { include?: readonly string[]; ignore?: readonly string[] } = {}) =>
  jsonPieces(typeof value === "string" ? value : JSON.stringify(value), {
    include: [],
    ignore: [],
    ...fields,
  });

describe("the fields of a JSON body", () => {
  it("count all, in canonical form, unless somebody says otherwise", () => {
    expect(pieces('{ "b": 1.0, "a": [] }')).toEqual(["json", '{"a":[],"b":1}']);
    expect(pieces("{")).toBeNull();
  });

  it.each([
    ["/nonce", { nonce: 1, a: 1 }, { a: 1 }],
    ["/meta/id", { meta: { id: "x", b: 2 }, a: 1 }, { meta: { b: 2 }, a: 1 }],
    ["/meta/id", { meta: { id: "x" }, a: 1 }, { meta: {}, a: 1 }],
    ["/a~1b/c~0d", { "a/b": { "c~d": 1 }, a: 1 }, { "a/b": {}, a: 1 }],
    ["/", { "": 1, a: 1 }, { a: 1 }],
    ["/list/1/id", { list: [{ id: 1 }, { id: 2, b: 1 }] }, { list: [{ id: 1 }, { b: 1 }] }],
    ["/list/0", { list: [7, 8] }, { list: [null, 8] }],
  ])("count without %s", (pointer, given, left) => {
    expect(pieces(given, { ignore: [pointer] })).toEqual(pieces(left));
  });

  it.each(["/none", "/a/deeper", "/list/2", "/list/01", "/list/-", "/list/x"])(
    "count whole where %s leads nowhere",
    (pointer) => {
      const body = { a: 1, list: [1, 2] };
      expect(pieces(body, { ignore: [pointer] })).toEqual(pieces(body));
      expect(pieces(body, { include: [pointer] })).toEqual(pieces(body));
      expect(pieces(body, { include: ["/a", pointer] })).toEqual(pieces(body));
    },
  );

  it("are only those that are named, where all of them are there", () => {
    const include = ["/order", "/lines/0/id"];
    const one = pieces({ order: 5, lines: [{ id: 1, text: "a" }], note: "x" }, { include });
    expect(pieces({ lines: [{ text: "b", id: 1 }], order: 5 }, { include })).toEqual(one);
    expect(pieces({ order: 5, lines: [{ id: 2, text: "a" }] }, { include })).not.toEqual(one);
    expect(pieces({ order: "5", lines: [{ id: 1 }] }, { include })).not.toEqual(one);
    expect(pieces({ order: { b: 1 } }, { include: ["/order"], ignore: ["/order/t"] })).toEqual(
      pieces({ order: { t: 9, b: 1 } }, { include: ["/order"], ignore: ["/order/t"] }),
    );
  });

  it("keep digits that no double holds, beside what is left out", () => {
    const ignore = ["/n"];
    expect(pieces('{"id":9007199254740993,"n":1}', { ignore })).toEqual(pieces('{"id":9007199254740993}'));
    expect(pieces('{"id":9007199254740993,"n":1}', { ignore })).not.toEqual(
      pieces('{"id":9007199254740992,"n":1}', { ignore }),
    );
  });

  it("have no reading where a name comes twice, also inside what is ignored", () => {
    for (const text of ['{"a":1,"a":2}', '{"n":{"x":1,"x":2},"a":1}', '{"n":1,"n":2}']) {
      expect(pieces(text, { ignore: ["/n"] })).toBeNull();
    }
  });

  it("make another key for every change but one of what is ignored", () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const body = fc.dictionary(fc.constantFrom("a", "b", "c", "n"), value);
    fc.assert(
      fc.property(body, body, value, (one, other, token) => {
        const ignore = ["/n"];
        expect(pieces({ ...one, n: token }, { ignore })).toEqual(pieces(one, { ignore }));
        const { n: _one, ...left } = one;
        const { n: _other, ...right } = other;
        const isSame = JSON.stringify(pieces(left)) === JSON.stringify(pieces(right));
        expect(JSON.stringify(pieces(one, { ignore })) === JSON.stringify(pieces(other, { ignore }))).toBe(
          isSame,
        );
      }),
    );
  });
});
