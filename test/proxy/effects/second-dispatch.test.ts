import { describe, expect, it } from "vitest";
import { newKeyAfter, redispatchOf, sentHash } from "../../../src/proxy/effects/second-dispatch.ts";
import { termsOf, type EffectTerms } from "../../../src/proxy/effects/terms.ts";
import type { SaidTerms } from "../../../src/proxy/settings.ts";
import { toolOf } from "../support/engine-settings.ts";

const terms = (said: SaidTerms): EffectTerms =>
  termsOf(toolOf("pay", "https://pay.test", { rules: [{ ...said, path: "/**" }] }), "POST", "/charges");

describe("when a call in doubt may be dispatched again", () => {
  it("is never, unless a second effect is ruled out", () => {
    for (const said of [
      {},
      { keyed: true },
      { keyRetentionSeconds: 3600 },
      { keyed: false, keyRetentionSeconds: 3600 },
    ]) {
      expect(redispatchOf(terms(said))).toBeNull();
    }
  });

  it("is while the service remembers the key, less a minute, and with the same bytes", () => {
    const said = { keyed: true, keyRetentionSeconds: 3600 };
    expect(redispatchOf(terms(said))).toEqual({ withinMs: 3_540_000, sameBytes: true });
    expect(redispatchOf(terms({ ...said, keyRetentionSeconds: 30 }))).toEqual({
      withinMs: 0,
      sameBytes: true,
    });
  });

  it("is at any time where a second execution has no second effect", () => {
    expect(redispatchOf(terms({ idempotent: true }))).toEqual({ withinMs: null, sameBytes: false });
  });
});

it("takes a new key after 402, and after every error where the service stores them", () => {
  expect(newKeyAfter(terms({}))).toEqual([402]);
  expect(newKeyAfter(terms({ storesErrors: true }))).toBe("any");
});

it("tells apart what a service may tell apart under one key", () => {
  const hashes = [
    sentHash("/a", "application/json", Buffer.from("{}")),
    sentHash("/a?b", "application/json", Buffer.from("{}")),
    sentHash("/a", "text/plain", Buffer.from("{}")),
    sentHash("/a", undefined, Buffer.from("{}")),
    sentHash("/a", "application/json", Buffer.from("{ }")),
    sentHash("/a", "application/json", new Uint8Array()),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(sentHash("/a", "application/json", Buffer.from("{}"))).toBe(hashes[0]);
});
