import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { argumentsKey } from "../../src/text/arguments-key.ts";

describe("the key of a call's arguments", () => {
  it("is the same for the copy that a client in JavaScript makes", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(argumentsKey(JSON.stringify(JSON.parse(text)))).toBe(argumentsKey(text));
      }),
    );
    const odd = '{"b":12345678901234567890, "a":1.0,"a":2.50,"c":"\\ud800"}';
    expect(argumentsKey(JSON.stringify(JSON.parse(odd)))).toBe(argumentsKey(odd));
  });

  it("does not depend on order, spacing or spelling", () => {
    expect(argumentsKey('{"a":1,"b":"é"}')).toBe(argumentsKey('{ "b": "\\u00e9", "a": 1.0 }'));
  });

  it("differs where the arguments differ", () => {
    const texts = ['{"a":1}', '{"a":2}', '{"a":"1"}', '{"b":1}', "[1]", '{"a":', '"{}"', ""];
    expect(new Set(texts.map(argumentsKey)).size).toBe(texts.length);
  });

  it("bears nesting that cannot be written again", () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    expect(argumentsKey(deep)).toBe(argumentsKey(deep));
  });
});
