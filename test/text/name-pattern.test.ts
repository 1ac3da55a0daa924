import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesName, nameList } from "../../src/text/name-pattern.ts";

describe("a pattern of names", () => {
  it.each([
    ["mail", "mail", true],
    ["mail", "mails", false],
    ["mail", "Mail", false],
    ["mail_*", "mail_send", true],
    ["mail_*", "mail_", true],
    ["mail_*", "mail", false],
    ["*_send", "mail_send", true],
    ["*", "", true],
    ["*", "anything", true],
    ["a*b*c", "a1b2c", true],
    ["a*b*c", "acb", false],
    ["a*a", "a", false],
    ["ab*bc", "abc", false],
    ["a.c", "abc", false],
  ])("%s and the name %s", (pattern, name, matches) => {
    expect(matchesName(pattern, name)).toBe(matches);
  });

  it("says the same as a regular expression with `.*` for each star", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    const names = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 });
    fc.assert(
      fc.property(letters, names, (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
        expect(matchesName(pattern, name)).toBe(expression.test(name));
        expect(nameList(["x", pattern])(name)).toBe(expression.test(name));
      }),
    );
  });

  it("takes no time with the square of what is compared", () => {
    // Backtracking would not come to an end here.
    expect(matchesName(`${"*a".repeat(2_000)}b`, "a".repeat(100_000))).toBe(false);
  });
});

describe("a list of names", () => {
  it("holds names and patterns, and nothing where it is empty", () => {
    const list = nameList(["read", "mail_*"]);
    expect(["read", "mail_send", "reader", "write"].map(list)).toEqual([true, true, false, false]);
    expect(nameList([])("read")).toBe(false);
  });
});
