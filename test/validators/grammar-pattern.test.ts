import { describe, expect, it } from "vitest";
import { grammarPattern } from "../../src/validators/grammar-pattern.ts";

function fits(definition: string, text: string): boolean {
  const pattern = grammarPattern(definition);
  if ("unsupported" in pattern) throw new Error(pattern.unsupported);
  return pattern.test(text);
}

describe("the grammar of a custom tool", () => {
  it("must match the whole text, also across lines", () => {
    expect(fits("select .+", "select 1")).toBe(true);
    expect(fits("select .+", "please select 1")).toBe(false);
    expect(fits("select .+", "select 1\n; drop table users")).toBe(false);
    expect(fits("a|b", "ab")).toBe(false);
    expect(fits("a|b", "b")).toBe(true);
    expect(fits("(?s)select .+", "select 1\nfrom t")).toBe(true);
  });

  it.each([
    [String.raw`\d+`, "١٢", true],
    [String.raw`\d+`, "1a", false],
    [String.raw`\w+`, "Straße_1", true],
    [String.raw`\W`, "ß", false],
    [String.raw`\S+`, "a\u00a0b", false],
    [String.raw`[\s\d]+`, "1\u20032", true],
    [String.raw`\D`, "٣", false],
    [String.raw`\p{Greek}+`, "λόγος", true],
    [String.raw`[^\]]+`, "a[b", true],
    ["[]a]+", "]a", true],
    ["[[:alpha:]]+", "abc", true],
    [String.raw`[]a\d]+`, "]a٣", true],
    [String.raw`[^]\d]+`, "a", true],
    [String.raw`[^]\d]+`, "٣", false],
    [String.raw`[[:alpha:]\d]+`, "a٣", true],
  ])("counts all of Unicode: %s on %j is %s", (definition, text, expected) => {
    expect(fits(definition, text)).toBe(expected);
  });

  it.each([
    [String.raw`\bword\b`, "borders of words"],
    ["[a-z&&[^aeiou]]", "class"],
    ["[a-z--b]", "combines classes"],
    [String.raw`\<word\>`, "borders of words"],
    ["[[:alpha:]&&a]", "combines classes"],
    ["[]a&&b]", "combines classes"],
    ["[a[bc]]", "a class inside a class"],
    ["(?=a)b", ""],
    ["(", ""],
    ["a".repeat(3_000), "longer than"],
  ])("is not enforced where it means something else to RE2: %s", (definition, why) => {
    const pattern = grammarPattern(definition);
    expect("unsupported" in pattern && pattern.unsupported).toContain(why);
  });

  it("takes time in proportion to the text alone", () => {
    const text = `${"a".repeat(50_000)}!`;
    expect(fits("(a+)+", text)).toBe(false);
  });
});
