import { describe, expect, it } from "vitest";
import { checkGrammar } from "../../src/validators/grammar-check.ts";
import { OverLimit } from "../../src/validators/schema.ts";

describe("checking a text against a grammar", () => {
  it("says whether it fits, or why nobody can say", () => {
    expect(checkGrammar("select .+", "select 1")).toBe("fits");
    expect(checkGrammar("select .+", "drop table users")).toBe("does-not-fit");
    expect(checkGrammar("(?=a)b", "b")).toEqual({ unsupported: expect.any(String) as string });
  });

  it("refuses to begin what would take long", () => {
    expect(() => checkGrammar("(a?b?c?d?){1,200}", "a".repeat(200_000))).toThrow(OverLimit);
  });
});
