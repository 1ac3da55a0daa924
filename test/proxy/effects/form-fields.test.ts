import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formPieces, named, queryKey } from "../../../src/proxy/effects/form-fields.ts";
import type { KeyFields } from "../../../src/proxy/settings.ts";

const all: KeyFields = { include: [], ignore: [] };
const form = (text: string, fields: Partial<KeyFields> = {}) => formPieces(text, { ...all, ...fields });
const query = (text: string, fields: Partial<KeyFields> = {}) => queryKey(text, { ...all, ...fields });

describe("a form", () => {
  it.each([
    ["a=1&b=2", "b=2&a=1"],
    ["a=x+y", "a=x%20y"],
    ["a=%41", "a=A"],
    ["a=%c3%bc", "a=%C3%BC"],
    ["a=1&&b=2&", "a=1&b=2"],
    ["a", "a="],
    ["m[x]=1&m[y]=2&a=3", "m[y]=2&a=3&m[x]=1"],
  ])("written as %s and as %s is one", (one, other) => {
    expect(form(one)).toEqual(form(other));
  });

  it.each([
    ["a=1", "a=2"],
    ["a=1&a=2", "a=2&a=1"],
    ["a=1", "a=1&a=1"],
    ["a=1&b=2", "a=1%26b=2"],
    ["a=b=c", "a%3Db=c"],
    ["a=%2B", "a=+"],
    ["a=1;b=2", "a=1&b=2"],
    // Each `items[][id]` begins a new item.
    ["i[][id]=1&i[][n]=5&i[][id]=2&i[][n]=9", "i[][id]=1&i[][id]=2&i[][n]=5&i[][n]=9"],
    ["a=1&a[b]=2", "a[b]=2&a=1"],
    ["a[b]=1&a[b][c]=2", "a[b][c]=2&a[b]=1"],
  ])("written as %s is another one than %s", (one, other) => {
    expect(form(one)).not.toEqual(form(other));
  });

  it.each(["a=%", "a=%4", "a=%zz", "%g0=1"])("has no reading with an escape like that of %s", (text) => {
    expect(form(text)).toBeNull();
  });

  it("leaves out what is ignored, and everything but what is included where all of that is there", () => {
    const ignore = ["/nonce", "/metadata[request id]", "/a~1b"];
    expect(form("x=1&nonce=5&metadata%5Brequest+id%5D=7&a%2Fb=1", { ignore })).toEqual(form("x=1"));
    const include = ["/order", "/ü"];
    expect(form("order=1&%C3%BC=2&t=3", { include })).toEqual(form("order=1&%C3%BC=2"));
    expect(form("order=1&t=3", { include })).toEqual(form("order=1&t=3"));
  });

  it("is the same in every order of different names, and another one for every change", () => {
    const field = fc.tuple(fc.constantFrom("a", "b", "m[x]", "m[y]", "ü &"), fc.string({ maxLength: 5 }));
    const fields = fc.uniqueArray(field, { selector: ([name]) => name, minLength: 1, maxLength: 5 });
    const written = (pairs: readonly (readonly [string, string])[]): string =>
      new URLSearchParams(pairs.map(([name, value]) => [name, value.toWellFormed()])).toString();
    fc.assert(
      fc.property(
        fields.chain((pairs) =>
          fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
        ),
        fc.nat(4),
        fc.string({ minLength: 1, maxLength: 3 }),
        ([pairs, shuffled], which, more) => {
          expect(form(written(shuffled))).toEqual(form(written(pairs)));
          const at = which % pairs.length;
          const changed = pairs.map(
            ([name, value], i) => [name, i === at ? `${value}${more}` : value] as const,
          );
          expect(form(written(changed))).not.toEqual(form(written(pairs)));
          expect(form(written(pairs.toSpliced(at, 1)))).not.toEqual(form(written(pairs)));
        },
      ),
    );
  });
});

describe("a form with more names than anybody writes", () => {
  it("takes time with their number, not with its square", () => {
    const many = (write: (i: number) => string): string =>
      Array.from({ length: 200_000 }, (_, i) => write(i)).join("&");
    expect(form(many((i) => `a[${i}]=1`))).toHaveLength(2);
    expect(form(many((i) => `a${i}=1`))).toHaveLength(2);
    expect(form(many(() => "a=1"))).toHaveLength(2);
    expect(form(`${"a[".repeat(500_000)}=1&b=2`)).toHaveLength(2);
  });

  it("counts deep names in the order they came in", () => {
    const deep = `a${"[b]".repeat(40)}`;
    expect(form(`${deep}[x]=1&${deep}[y]=2`)).not.toEqual(form(`${deep}[y]=2&${deep}[x]=1`));
  });
});

describe("a query", () => {
  it("counts as it is written, in one order, without its ignored parameters", () => {
    expect(query("?b=2&a=1")).toBe("a=1&b=2");
    expect(query("?a=%41")).not.toBe(query("?a=A"));
    expect(query("?a=1&_ts=9&x%5F=1", { ignore: ["?_ts", "?x_", "/a"] })).toBe("a=1");
    expect(query("?i[][a]=1&i[][b]=2&i[][a]=3")).not.toBe(query("?i[][a]=1&i[][a]=3&i[][b]=2"));
    expect(query("?id=1&t=2", { include: ["?id"] })).toBe("id=1");
    expect(query("?t=2", { include: ["?id"] })).toBe("t=2");
    expect(query("")).toBe("");
  });
});

it("tells fields of a body from parameters of a query", () => {
  const fields = { include: ["/a", "?b"], ignore: ["?c", "/d~1e"] };
  expect(named(fields, "/")).toEqual({ include: ["a"], ignore: ["d/e"] });
  expect(named(fields, "?")).toEqual({ include: ["b"], ignore: ["c"] });
});
