import { describe, expect, it } from "vitest";
import { cell, plain } from "../../src/cli/plain.ts";

describe("plain text", () => {
  it("shows what a terminal would act on", () => {
    expect(plain("a\u001b[31m\r\n\t\u0007\u202eb")).toBe("a\\u001b[31m\\u000d\\u000a\\u0009\\u0007\\u202eb");
    expect(plain("übung 日本 😀")).toBe("übung 日本 😀");
  });

  it("fits into its column", () => {
    expect(cell("abcdef", 4)).toBe("abc…");
    expect(cell("abcd", 4)).toBe("abcd");
  });
});
