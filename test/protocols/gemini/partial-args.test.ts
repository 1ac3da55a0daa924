import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PartialArgs } from "../../../src/protocols/gemini/partial-args.ts";

function put(...pieces: unknown[]): PartialArgs {
  const args = new PartialArgs();
  args.take(pieces);
  return args;
}

const at = (jsonPath: string, value: Record<string, unknown>, willContinue?: true) => ({
  jsonPath,
  ...value,
  ...(willContinue && { willContinue }),
});

/** Every leaf of a value as a piece, with its path. */
function piecesOf(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => piecesOf(one, `${path}[${index}]`));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, one]) =>
      piecesOf(one, `${path}['${key.replaceAll(/['\\]/g, "\\$&")}']`),
    );
  }
  if (typeof value === "string") return [at(path, { stringValue: value })];
  if (typeof value === "number") return [at(path, { numberValue: value })];
  return [at(path, typeof value === "boolean" ? { boolValue: value } : { nullValue: "NULL_VALUE" })];
}

describe("arguments that come in pieces", () => {
  it("are put together along their paths", () => {
    const args = put(
      at("$.city", { stringValue: "Pa" }, true),
      at("$.city", { stringValue: "ris" }),
      at("$.days[0].n", { numberValue: 2 }),
      at("$.days[0].ok", { boolValue: false }),
      at("$.days[1]", { nullValue: "NULL_VALUE" }),
      at("$['a b'][\"c\"]", { stringValue: "" }),
    );
    expect(args.text()).toBe('{"city":"Paris","days":[{"n":2,"ok":false},null],"a b":{"c":""}}');
    expect(args.isOpen).toBe(false);
  });

  it("take a value that is given again in the place of the old one", () => {
    expect(put(at("$.a", { stringValue: "x" }), at("$.a", { stringValue: "y" })).text()).toBe('{"a":"y"}');
  });

  it("are open while a string is announced to go on", () => {
    expect(put(at("$.a", { stringValue: "x" }, true)).isOpen).toBe(true);
  });

  it("join with arguments that came whole, and take every name for a name", () => {
    const args = new PartialArgs();
    args.takeWhole(JSON.parse('{"a":{"b":[1]},"__proto__":2}'));
    args.take([at("$.a.b[1]", { numberValue: 2 }), at("$.constructor", { numberValue: 3 })]);
    expect(args.text()).toBe('{"a":{"b":[1,2]},"__proto__":2,"constructor":3}');
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });

  it.each(["", "a", "$", "$.", "$.a..b", "$[*]", "$.a[-1]", "$[0]", "$.a[5]", `$${".a".repeat(200)}`])(
    "are refused at a path that leads nowhere: %s",
    (path) => {
      expect(() => put(at(path, { numberValue: 1 }))).toThrow(
        expect.objectContaining({ code: "upstream_unreadable" }),
      );
    },
  );

  it("are what was taken apart, whatever it was", () => {
    const name = fc.string({ minLength: 1 }).filter((one) => !one.includes("]"));
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const { value } = fc.letrec((tie) => ({
      value: fc.dictionary(name, fc.oneof(leaf, tie("value"), fc.array(leaf, { minLength: 1 })), {
        maxKeys: 4,
      }),
    }));
    fc.assert(
      fc.property(value, (object) => {
        const pieces = piecesOf(object, "$");
        // What has no leaf has no piece.
        fc.pre(!JSON.stringify(object).includes("{}"));
        expect(JSON.parse(put(...pieces).text())).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });
});
