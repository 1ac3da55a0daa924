import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  headersBehindDoor,
  presentedKey,
  queryBehindDoor,
  writtenCredential,
} from "../../src/proxy/credentials.ts";

const key = `ls_${"a1".repeat(20)}`;
const other = `ls_${"b2".repeat(20)}`;

describe("the virtual key of a request", () => {
  it.each([
    ["in the path", key, {}, "", false],
    ["in Longstop-Key", null, { "longstop-key": [key] }, "", false],
    ["as a bearer token", null, { authorization: [`Bearer ${key}`] }, "", true],
    ["as x-api-key", null, { "x-api-key": [key] }, "", true],
    ["as x-goog-api-key", null, { "x-goog-api-key": [key] }, "", true],
    ["as Azure's api-key", null, { "api-key": [key] }, "", true],
    ["in the query", null, {}, `?alt=sse&key=${key}`, true],
    ["in several places alike", key, { "longstop-key": [key], "x-api-key": [key] }, "", true],
  ])("is found %s", (_where, path, headers, query, inCredential) => {
    expect(presentedKey(path, headers, query)).toEqual({ key, inCredential });
  });

  it("is not a vendor's key that stands beside it", () => {
    const headers = { "longstop-key": [key], authorization: ["Bearer sk-mine"], "x-api-key": ["ls__smith"] };
    expect(presentedKey(null, headers, "?key=AIza")).toEqual({ key, inCredential: false });
    expect(presentedKey(null, { authorization: ["Bearer sk-mine"] }, "")).toEqual({
      key: null,
      inCredential: false,
    });
  });

  it.each([
    [key, { "longstop-key": [other] }, ""],
    [null, { "longstop-key": [key, other] }, ""],
    [null, { authorization: [`bearer ${key}`], "x-api-key": [other] }, ""],
    [key, {}, `?key=${other}`],
  ])("is refused where two of them differ", (path, headers, query) => {
    expect(() => presentedKey(path, headers, query)).toThrow(
      expect.objectContaining({ code: "header_conflict" }),
    );
    expect(() => presentedKey(path, headers, query)).not.toThrow(/ls_/);
  });
});

describe("behind the door", () => {
  it("no header and no parameter holds the key, whatever else is there", () => {
    const text = fc.string({ unit: fc.constantFrom(..."abc =&%+;?é".split("")), maxLength: 12 });
    const value = fc.tuple(text, fc.boolean(), text).map(([a, has, b]) => (has ? a + key + b : a + b));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("Cookie", "X-Api-Key", "Via", "A"), value)),
        (headers) => {
          expect(headersBehindDoor(headers.flat(), key, null).join("\n")).not.toContain(key);
          const query = `?${headers.map(([name, one]) => `${name}=${encodeURIComponent(one)}`).join("&")}`;
          expect(queryBehindDoor(query, key, false)).not.toContain(key);
        },
      ),
    );
    expect(queryBehindDoor(`?a=%6Cs_${key.slice(3)}&b=1`, key, false)).toBe("?b=1");
  });

  it("everything else keeps its bytes", () => {
    const raw = ["Authorization", "Bearer sk-mine", "X-A", "1"];
    expect(headersBehindDoor(raw, key, null)).toEqual(raw);
    for (const query of ["", "?", "?a=%zz&&b=+", "?key=AIza"])
      expect(queryBehindDoor(query, key, false)).toBe(query);
  });

  it("the gateway's credential stands in the place of all of the client's", () => {
    const raw = [
      "Authorization",
      "Bearer x",
      "X-API-Key",
      "x",
      "Cookie",
      "x",
      "X-Goog-Api-Key",
      "x",
      "A",
      "1",
      "X-Own",
      "x",
    ];
    expect(headersBehindDoor(raw, null, ["x-own", "sk-ours"])).toEqual(["A", "1", "x-own", "sk-ours"]);
    expect(queryBehindDoor("?alt=sse&key=AIza", null, true)).toBe("?alt=sse");
  });
});

describe("a credential", () => {
  const anthropic = { header: "x-api-key", scheme: "" };
  it.each([
    [null, null, undefined, ["authorization", "Bearer s"]],
    [null, null, anthropic, ["x-api-key", "s"]],
    ["Authorization", null, anthropic, ["Authorization", "Bearer s"]],
    ["X-Own", null, anthropic, ["X-Own", "s"]],
    ["X-Own", "Token", undefined, ["X-Own", "Token s"]],
    ["authorization", "", undefined, ["authorization", "s"]],
    [null, "Basic", undefined, ["authorization", "Basic s"]],
  ] as const)(
    "in header %j with scheme %j is written as its vendor (%j) expects it",
    (header, scheme, vendor, written) => {
      expect(writtenCredential({ secret: "s", header, scheme }, vendor)).toEqual(written);
    },
  );
});
