import { describe, expect, it } from "vitest";
import { charsetOf, closed, mediaType, open } from "../../../../src/proxy/effects/injection/slot.ts";
import { opened, requestOf } from "./requests.ts";

describe("a slot", () => {
  it("gives the very same request where the key that is given stands there already", () => {
    const request = requestOf("{}");
    const other = requestOf("other");
    const slot = opened(open(request, "k", { put: () => other, take: () => other }));
    expect(slot.with("k")).toBe(request);
    expect(slot.with("K")).toBe(other);
    expect(slot.without()).toBe(other);
  });

  it("has nothing to take out where the client put nothing in", () => {
    const request = requestOf("{}");
    const slot = opened(open(request, null, { put: () => request, take: () => requestOf("other") }));
    expect(slot.without()).toBe(request);
  });

  it("says why it is closed", () => {
    expect(closed("the body is no form")).toEqual({ kind: "closed", why: "the body is no form" });
  });

  it.each([
    ["application/json", "application/json", null],
    ["Application/JSON ; charset=UTF-8", "application/json", "utf-8"],
    ['application/json;charset="latin1"', "application/json", "latin1"],
    ["", "", null],
  ])("reads of %s the type %s and the charset %s", (written, type, charset) => {
    expect(mediaType(requestOf("", written))).toBe(type);
    expect(charsetOf(requestOf("", written))).toBe(charset);
  });

  it("reads no type from a request that gives none", () => {
    expect(mediaType({ headers: [], path: "/", body: Buffer.of() })).toBe("");
  });
});
