import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oneLine } from "../../src/wire/one-line.ts";
import { anyJsonText } from "./json-arbitrary.ts";

describe("JSON on one line", () => {
  it("says the same", () => {
    fc.assert(
      fc.property(anyJsonText, (text) => {
        const line = oneLine(text);
        expect(line).not.toMatch(/[\r\n]/);
        expect(JSON.parse(line)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("is the very same text where it is one line already", () => {
    expect(oneLine('{ "a" : [1, 2.0] }')).toBe('{ "a" : [1, 2.0] }');
    expect(oneLine('{\r\n  "a": "b  \\n c"\n}')).toBe('{"a": "b  \\n c"}');
  });
});
