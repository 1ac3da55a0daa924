import { describe, expect, it } from "vitest";
import { formatNames, formatSubject, hasFormat } from "../../src/validators/formats.ts";

describe("formats", () => {
  it.each([
    ["date", "2026-02-29", false],
    ["date", "2028-02-29", true],
    ["date-time", "2026-01-01T00:00:00Z", true],
    ["email", "a@example.com", true],
    ["email", "nobody", false],
    ["uuid", "123", false],
    ["ipv4", "256.1.1.1", false],
    ["int32", 2 ** 31, false],
    ["int32", 1, true],
    ["regex", "(", false],
    ["password", "anything", true],
  ])("%s of %j: %s", (name, value, fits) => {
    expect(hasFormat(name, value)).toBe(fits);
  });

  it("are not about values of another type, and unknown ones are no rule", () => {
    expect(hasFormat("date", 5)).toBe(true);
    expect(hasFormat("int32", "x")).toBe(true);
    expect(hasFormat("postal-code", "x")).toBe(true);
    expect(hasFormat("constructor", "x")).toBe(true);
    expect(formatSubject("int64")).toBe("number");
    expect(formatSubject("email")).toBe("string");
  });

  it("are not tried on long strings, on which their expressions would be slow", () => {
    const hostile = `${"a-".repeat(50_000)}!`;
    for (const name of formatNames) expect(typeof hasFormat(name, hostile)).toBe("boolean");
    expect(hasFormat("email", `${"a".repeat(2_000)}@example.com`)).toBe(false);
    expect(hasFormat("uri", `https://example.com/${"a".repeat(2_000)}`)).toBe(true);
  });
});
