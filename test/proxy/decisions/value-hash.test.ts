import { describe, expect, it } from "vitest";
import { jsonHash, nullHash, textHashes } from "../../../src/proxy/decisions/value-hash.ts";

describe("the hash of a value", () => {
  it.each([
    ['{"a":1,"b":[true]}', ' { "b" : [ true ], "a" : 1.0 } '],
    ['"é"', '"\\u00e9"'],
    // What a client in JavaScript makes of the digits.
    ["9007199254740993", "9007199254740992"],
    ['{"a":1,"a":2}', '{"a":2}'],
  ])("is that of every copy: %s", (one, other) => expect(jsonHash(one)).toBe(jsonHash(other)));

  it.each([
    ["1", '"1"'],
    ["[1,2]", "[2,1]"],
    ["null", '""'],
    ['"a"', '"A"'],
  ])("is another one where the value is: %s and %s", (one, other) =>
    expect(jsonHash(one)).not.toBe(jsonHash(other)),
  );
});

describe("a text whose type nobody said", () => {
  it.each([
    ["12.50", ["12.5", '"12.50"']],
    ["true", ["true", '"true"']],
    ["-0.5e1", ["-5", '"-0.5e1"']],
    ["null", ['"null"']],
    ["1 ", ['"1 "']],
    ["007", ['"007"']],
    ["a", ['"a"']],
  ])("%s may stand for %j", (text, values) => {
    expect(new Set(textHashes(text))).toEqual(new Set(values.map(jsonHash)));
  });

  it("is never nothing", () => expect(textHashes("null")).not.toContain(nullHash));
});
