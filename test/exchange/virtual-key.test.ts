import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hideVirtualKeys, isVirtualKey } from "../../src/exchange/virtual-key.ts";

const key = `ls_${"aB3".repeat(12)}`;

describe("a virtual key", () => {
  it.each([
    [key, true],
    [`ls_${"a".repeat(31)}`, false],
    [`ls_${"a".repeat(129)}`, false],
    [`ls__${"a".repeat(40)}`, false],
    [`lsv2_pt_${"a".repeat(40)}`, false],
    [`Bearer ${key}`, false],
    [`${key}\n`, false],
  ])("is told by its looks: %j %s", (text, is) => {
    expect(isVirtualKey(text)).toBe(is);
  });

  it("never stands where people read, nor what was meant to be one", () => {
    expect(hideVirtualKeys(`/k/${key}/v1/models?key=${key}`)).toBe("/k/[key]/v1/models?key=[key]");
    expect(hideVirtualKeys("/k/mistyped/v1 and /run/a/k/b")).toBe("/k/[key]/v1 and /run/a/k/[key]");
    expect(hideVirtualKeys(`"Bearer ${key.slice(0, 20)}"`)).toBe('"Bearer [key]"');
  });

  it("leaves all other text as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!text.includes("ls_") && !text.includes("/k/"));
        expect(hideVirtualKeys(text)).toBe(text);
      }),
    );
  });
});
