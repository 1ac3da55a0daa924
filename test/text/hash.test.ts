import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chainNext, sha256Hex, v4Shaped } from "../../src/text/hash.ts";

describe("sha256Hex", () => {
  it("is SHA-256 over length and text of each piece", () => {
    const byHand = createHash("sha256").update("text,1:é,2:ab");
    expect(sha256Hex("é", "ab")).toBe(byHand.digest("hex"));
  });

  it("keeps bytes apart from the text that they would be", () => {
    expect(sha256Hex(new Uint8Array([0x61]))).not.toBe(sha256Hex("a"));
    expect(sha256Hex("a", new Uint8Array([0x62]))).not.toBe(sha256Hex("a", "b"));
    expect(sha256Hex("a", new Uint8Array([0x62]))).not.toBe(sha256Hex(new Uint8Array([0x61]), "b"));
  });

  it("keeps pieces from running together", () => {
    expect(sha256Hex("ab", "c")).not.toBe(sha256Hex("a", "bc"));
    expect(sha256Hex("ab")).not.toBe(sha256Hex("ab", ""));
    expect(sha256Hex()).not.toBe(sha256Hex(""));
    const pieces = fc.array(fc.string(), { maxLength: 4 });
    fc.assert(
      fc.property(pieces, pieces, (left, right) => {
        const same = JSON.stringify(left) === JSON.stringify(right);
        expect(sha256Hex(...left) === sha256Hex(...right)).toBe(same);
      }),
    );
  });

  it("tells texts apart that differ only in lone surrogates", () => {
    expect(sha256Hex("\ud800")).not.toBe(sha256Hex("\ud801"));
    expect(sha256Hex("\ud800")).not.toBe(sha256Hex("\ufffd"));
  });
});

describe("chainNext", () => {
  it("depends on everything before and on the order", () => {
    const ab = chainNext(chainNext("", "a"), "b");
    expect(ab).not.toBe(chainNext(chainNext("", "b"), "a"));
    expect(ab).not.toBe(chainNext("", "b"));
    expect(ab).toBe(chainNext(chainNext("", "a"), "b"));
  });
});

describe("v4Shaped", () => {
  it("is a UUID of version 4 and variant 10, and keeps 122 bits of the hash", () => {
    expect(v4Shaped("0".repeat(64))).toBe("00000000-0000-4000-8000-000000000000");
    expect(v4Shaped("f".repeat(64))).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
    expect(v4Shaped(sha256Hex("x"))).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it("refuses what is too short to be a hash", () => {
    expect(() => v4Shaped("abc")).toThrow(RangeError);
  });
});
