import { describe, expect, it } from "vitest";
import { logFields } from "../../src/cli/log-fields.ts";

describe("logFields", () => {
  it("leaves plain values as they are", () => {
    const fields = { status: 200, ok: true, none: null, text: "hello", list: [1, "a"], nested: { ms: 1.5 } };
    expect(logFields(fields)).toEqual(fields);
  });

  it("shows a field by any name, and takes none for a prototype", () => {
    const shown = logFields(JSON.parse('{"__proto__":{"status":1},"a":2}') as Record<string, unknown>);
    expect(JSON.stringify(shown)).toBe('{"__proto__":{"status":1},"a":2}');
    expect(shown["status"]).toBeUndefined();
  });

  it("tells counts of tokens from tokens", () => {
    expect(
      logFields({ inputTokens: 5, tokenRatio: 1.1, token: 123_456, accessToken: "abc", apiKey: "" }),
    ).toEqual({
      inputTokens: 5,
      tokenRatio: 1.1,
      token: "[redacted]",
      accessToken: "[redacted]",
      apiKey: "",
    });
  });

  it("says what it left out", () => {
    expect(logFields({ list: Array.from({ length: 42 }, () => 0) })["list"]).toHaveLength(41);
    expect(logFields({ list: Array.from({ length: 42 }, () => 0) })["list"]).toContain("[2 more]");
    expect(logFields({ a: { b: { c: { d: { e: { f: 1 } } } } } })).toEqual({
      a: { b: { c: { d: { e: "[deeper]" } } } },
    });
    expect(logFields({ text: "x".repeat(2500) })["text"]).toMatch(/^x{2000}… \(2500 characters\)$/);
    const wide = Object.fromEntries(
      Array.from({ length: 39 }, (_, i) => [i, Array.from({ length: 39 }, () => 1)]),
    );
    expect(JSON.stringify(logFields({ wide }))).toContain("[left out]");
  });

  it("sees a secret as one where the cut goes through it", () => {
    const text = `${"x ".repeat(995)}sk-${"a1B2".repeat(20)}`;
    expect(logFields({ text })["text"]).toMatch(/x \[redacted\]$/);
  });
});
