import { describe, expect, it } from "vitest";
import { linearPattern, type LinearPattern } from "../../src/validators/linear-pattern.ts";

function compiled(source: string): LinearPattern {
  const pattern = linearPattern(source);
  if ("unsupported" in pattern) throw new Error(pattern.unsupported);
  return pattern;
}

describe("patterns in linear time", () => {
  it.each([
    ["^\\d{4}-\\d{2}$", "2026-01", "2026-1"],
    ["^[\\w-]+$", "a-b", "a b"],
    ["^\\s$", "\u00a0", "x"],
    ["^\\S$", "x", "\u00a0"],
    ["^[\\s,]+$", "\u3000,", "x"],
    ["^.$", "😀", "\u2028"],
    ["^\\u00e9$", "é", "e"],
    ["^[^]$", "\n", ""],
    ["^\\p{L}+$", "é", "1"],
    ["^[[a.]$", ".", "b"],
    ["^\\$\\{x\\}$", "${x}", "x"],
    ["^(?<year>\\d+)$", "12", "a"],
    ["(?<=a)b", "ab", "b"],
    ["a|b", "xbx", "x"],
    ["^a\\/b$", "a/b", "ab"],
  ])("read %s as ECMA-262 does", (source, matching, other) => {
    const { test } = compiled(source);
    expect([test(matching), test(other)]).toEqual([true, false]);
    expect([new RegExp(source, "u").test(matching), new RegExp(source, "u").test(other)]).toEqual([
      true,
      false,
    ]);
  });

  it.each([
    ["(?=a)b", "(?="],
    ["(a)\\1", "\\1"],
    ["a{1,2000}", "repeat count"],
    ["((a{1,100}){1,100}){1,100}", "it repeats too much"],
    ["(?:[a-z]{500}x){50}", "it repeats too much"],
    ["[", "missing closing ]"],
    ["a".repeat(2_001), "longer than 2000 characters"],
  ])("are not supported where the engine cannot be linear or small: %s", (source, why) => {
    expect(linearPattern(source)).toMatchObject({ unsupported: expect.stringContaining(why) as string });
  });

  it("end on a text that stalls a backtracking engine", () => {
    expect(compiled("^(a+)+$").test(`${"a".repeat(100_000)}!`)).toBe(false);
    expect(compiled("(x+x+)+y").test("x".repeat(100_000))).toBe(false);
  });

  it("say how large their program is", () => {
    expect(compiled("^(?:a?){300}$").size).toBeGreaterThan(300);
    expect(compiled("^a$").size).toBeLessThan(10);
  });
});
