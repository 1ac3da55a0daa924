import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitsPath } from "../../../src/proxy/effects/path-pattern.ts";

const fits = (pattern: string, path: string, caseless = false): boolean =>
  fitsPath(pattern, { segments: path === "/" ? [] : path.slice(1).split("/"), caseless });

describe("a path pattern", () => {
  it.each([
    ["/", "/"],
    ["/charges", "/charges"],
    ["/v1/charges/*", "/v1/charges/ch_1"],
    ["/v1/*/refund", "/v1/ch_1/refund"],
    ["/files/*.json", "/files/a.json"],
    ["/v1/charges/**", "/v1/charges"],
    ["/v1/charges/**", "/v1/charges/ch_1/refund"],
    ["/**", "/"],
    ["/**", "/a/b/c"],
    ["/**/refund", "/refund"],
    ["/**/refund", "/a/refund/b/refund"],
    ["/a/**/b/**/c", "/a/x/b/y/b/c"],
    ["/**/*", "/a"],
  ])("%s fits %s", (pattern, path) => {
    expect(fits(pattern, path)).toBe(true);
  });

  it.each([
    ["/", "/a"],
    ["/charges", "/"],
    ["/charges", "/charge"],
    ["/charges", "/charges/1"],
    ["/charges", "/Charges"],
    ["/v1/charges/*", "/v1/charges"],
    ["/v1/charges/*", "/v1/charges/"],
    ["/v1/charges/*", "/v1/charges/a/b"],
    ["/files/*.json", "/files/a.jsonl"],
    ["/**/refund", "/refunds"],
    ["/a/**/b/**/c", "/a/b"],
    ["/**/*", "/"],
  ])("%s does not fit %s", (pattern, path) => {
    expect(fits(pattern, path)).toBe(false);
  });

  it("takes no account of case where the reading has none", () => {
    expect(fits("/V1/Charges", "/v1/charges", true)).toBe(true);
  });

  it("fits what a regular expression of the same meaning fits", () => {
    const pattern = fc.array(fc.constantFrom("a", "b", "*", "**", "a*"), { minLength: 1, maxLength: 6 });
    const path = fc.array(fc.constantFrom("a", "b", "ab", "c"), { maxLength: 7 });
    fc.assert(
      fc.property(pattern, path, (asked, segments) => {
        const source = asked.map((one) => (one === "**" ? "(?:/[^/]+)*" : `/${one.replace("*", "[^/]*")}`));
        const expected = new RegExp(`^${source.join("")}$`).test(segments.map((one) => `/${one}`).join(""));
        expect(fitsPath(`/${asked.join("/")}`, { segments, caseless: false })).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("takes time with both lengths, not with the number of wildcards", () => {
    const pattern = `/${"**/a/".repeat(60)}b`;
    expect(fitsPath(pattern, { segments: Array(5000).fill("a"), caseless: false })).toBe(false);
  });
});
