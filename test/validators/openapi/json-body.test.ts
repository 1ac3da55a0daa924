import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault } from "../../../src/validators/openapi/json-body.ts";

const faultOf = (text: string): string | undefined => jsonFault(Buffer.from(text), text);

describe("a body of JSON", () => {
  it("has no fault whatever the JSON", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(faultOf(text)).toBeUndefined();
      }),
    );
  });

  it("is told where it is none", () => {
    expect(faultOf('{\n "a": True }')).toMatch(
      /^not valid JSON: at line 2, column 7, .*true, false and null/,
    );
    expect(faultOf('{"a": 1')).toContain("the end of the text");
    expect(faultOf('{}, "query": {}')).toMatch(/^not valid JSON/);
    expect(jsonFault(Buffer.from([0x22, 0xff, 0x22]), '"�"')).toContain("UTF-8");
  });

  it("may nest as deep as can be checked", () => {
    expect(faultOf("[".repeat(120) + "]".repeat(120))).toBeUndefined();
    expect(faultOf("[".repeat(100_000) + "]".repeat(100_000))).toContain("at most 120 levels");
  });
});
