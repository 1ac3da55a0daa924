import { describe, expect, it } from "vitest";
import type { Call } from "../../../src/exchange/turn.ts";
import { begin, decidedCalls, decidedValues } from "../../../src/proxy/decisions/decided-calls.ts";
import { jsonHash } from "../../../src/proxy/decisions/value-hash.ts";

const call = (argumentsText: string, more: Partial<Call> = {}): Call => ({
  id: "c1",
  name: "pay",
  kind: "function",
  argumentsText,
  ...more,
});

describe("the calls of a turn as they are written down", () => {
  it("have a hash for each member of their arguments, and nothing of what it is", () => {
    const [decided] = decidedCalls([call('{"to":"secret@x","amount": 5.0}')]);
    expect(decided).toEqual({
      id: "c1",
      name: "pay",
      arguments: [
        ["to", jsonHash('"secret@x"')],
        ["amount", jsonHash("5")],
      ],
    });
    expect(JSON.stringify(decided)).not.toContain("secret");
  });

  it.each(["", "{", "free text", "[1]", "5", '{"a":1} x'])(
    "have no arguments where they are no object: %j",
    (text) => expect(decidedCalls([call(text)])[0]?.arguments).toEqual([]),
  );

  it("keep of equal names the last, as who executes them reads it", () =>
    expect(decidedCalls([call('{"a":1,"a":2}')])[0]?.arguments).toEqual([["a", jsonHash("2")]]));

  it("are bounded in their number, their arguments and their names", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`n${at}`, at]));
    const calls = decidedCalls(
      Array.from({ length: 300 }, () => call(JSON.stringify(many), { id: "i".repeat(999) })),
    );
    expect(calls).toHaveLength(256);
    expect(calls[0]?.arguments).toHaveLength(64);
    expect(calls[0]?.id).toHaveLength(200);
    expect(decidedCalls([call(`{"${"n".repeat(201)}":1}`)])[0]?.arguments).toEqual([]);
  });
});

describe("the values of their arguments, for people", () => {
  const names = new Set(["pay"]);

  it("are canonical JSON by name, of those calls that somebody maps", () => {
    const calls = [call('{"a": 1.0}', { name: "other" }), call('{"b":  {"y":1,"x":2}}')];
    expect(decidedValues(calls, names)).toEqual([{}, { b: '{"x":2,"y":1}' }]);
    expect(decidedValues(calls.slice(0, 1), names)).toBeNull();
  });

  it("are beginnings, and of all together so much", () => {
    const [values] = decidedValues([call(JSON.stringify({ a: "x".repeat(5000) }))], names) ?? [];
    expect(values?.["a"]).toHaveLength(200);
    const long = Array.from({ length: 400 }, () =>
      call(JSON.stringify({ a: "x".repeat(5000), b: "y".repeat(5000) })),
    );
    const all = decidedValues(long, names) ?? [];
    expect(all).toHaveLength(256);
    expect(JSON.stringify(all).length).toBeLessThan(100_000);
  });

  it("keep a name like __proto__", () =>
    expect(Object.keys(decidedValues([call('{"__proto__":1}')], names)?.[0] ?? {})).toEqual(["__proto__"]));
});

it("begins a text without tearing a pair of surrogates apart", () => {
  expect(begin("abc", 3)).toBe("abc");
  expect(begin("abcd", 3)).toBe("ab…");
  expect(begin("a😀bc", 3)).toBe("a…");
});
