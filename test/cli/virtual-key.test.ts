import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeVirtualKey, virtualKeyText } from "../../src/cli/virtual-key.ts";
import { isVirtualKey } from "../../src/exchange/virtual-key.ts";

describe("a new virtual key", () => {
  it("looks like one, is another each time, and is known by the hash of its text", () => {
    const keys = Array.from({ length: 100 }, () => makeVirtualKey(randomBytes));
    expect(keys.every(({ key }) => isVirtualKey(key))).toBe(true);
    expect(new Set(keys.map(({ key }) => key)).size).toBe(100);
    for (const { key, hash } of keys) {
      expect(hash).toBe(`sha256:${createHash("sha256").update(key).digest("hex")}`);
    }
  });

  it("has at least 128 random bits", () => {
    let asked = 0;
    makeVirtualKey((bytes) => randomBytes((asked = bytes)));
    expect(asked * 8).toBeGreaterThanOrEqual(128);
  });

  it("is printed alone on the first line, for scripts", () => {
    const made = makeVirtualKey(randomBytes);
    expect(virtualKeyText(made).split("\n", 1)).toEqual([made.key]);
  });
});
