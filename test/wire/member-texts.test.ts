import { describe, expect, it } from "vitest";
import { laterText, memberTexts, objectText, takeLater } from "../../src/wire/member-texts.ts";
import { rootSpan } from "../../src/wire/json-text.ts";

function textsOf(json: string): Map<string, string> {
  return memberTexts(json, rootSpan(json));
}

describe("members as JSON texts", () => {
  it("make the same object again, with the last of equal names", () => {
    expect(objectText(textsOf('{"a": 1.0, "\\u0062":[ ], "a": 2.50,"__proto__":{}}'))).toBe(
      '{"a":2.50,"b":[ ],"__proto__":{}}',
    );
    expect(objectText(textsOf("{}"))).toBe("{}");
  });

  it("are of several objects the last that say something", () => {
    const texts = textsOf('{"a":1,"b":null}');
    takeLater(texts, textsOf('{"a":null,"b":2,"c":null}'));
    expect(objectText(texts)).toBe('{"a":1,"b":2,"c":null}');
  });

  it("are those of both objects where a value comes again", () => {
    expect(laterText(undefined, "null")).toBe("null");
    expect(laterText("null", '{"a":1}')).toBe('{"a":1}');
    expect(laterText('{"a":1}', "null")).toBe('{"a":1}');
    expect(laterText('{"a":1,"b":1}', '{"b":2}')).toBe('{"a":1,"b":2}');
    expect(laterText("[1]", "[2]")).toBe("[2]");
    expect(laterText('{"a":1}', "[2]")).toBe("[2]");
  });
});
