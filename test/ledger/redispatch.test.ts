import { describe, expect, it } from "vitest";
import type { ClaimState } from "../../src/ledger/ledger.ts";
import { isStale, mayBeLost, mayRedispatch, takesNewKey } from "../../src/ledger/redispatch.ts";
import { whole } from "../conformance/ledger/requests.ts";

const doubt = { kind: "effect", state: "in-doubt", keyAtMs: 1000, sent: "b1" } as const;

describe("a second dispatch", () => {
  it("is only of an effect in doubt, and only where the claimer asks for it", () => {
    const redispatch = { withinMs: null, sameBytes: false };
    expect(mayRedispatch(doubt, { redispatch }, 5000)).toBe(true);
    expect(mayRedispatch(doubt, {}, 5000)).toBe(false);
    expect(mayRedispatch({ ...doubt, kind: "turn" }, { redispatch }, 5000)).toBe(false);
    const others: readonly ClaimState[] = [
      ...(["intent", "done", "declined", "not-sent"] as const),
      ...(["resolved-done", "resolved-not-done", "abandoned"] as const),
    ];
    for (const state of others) expect(mayRedispatch({ ...doubt, state }, { redispatch }, 5000)).toBe(false);
  });

  it("happens only while the service remembers the key, to the millisecond", () => {
    const redispatch = { withinMs: 500, sameBytes: false };
    expect(mayRedispatch(doubt, { redispatch }, 1499)).toBe(true);
    expect(mayRedispatch(doubt, { redispatch }, 1500)).toBe(false);
    expect(mayRedispatch(doubt, { redispatch: { ...redispatch, withinMs: 0 } }, 1000)).toBe(false);
  });

  it("sends the bytes of the first, where the service compares them", () => {
    const redispatch = { withinMs: null, sameBytes: true };
    expect(mayRedispatch(doubt, { redispatch, sent: "b1" }, 5000)).toBe(true);
    expect(mayRedispatch(doubt, { redispatch, sent: "b2" }, 5000)).toBe(false);
    expect(mayRedispatch(doubt, { redispatch }, 5000)).toBe(false);
    expect(mayRedispatch({ ...doubt, sent: null }, { redispatch }, 5000)).toBe(false);
  });
});

describe("a dispatch after a refusal", () => {
  const refused = { state: "declined", answer: { ...whole, status: 402 }, clientKey: null } as const;

  it("takes a new key where the service may have stored the refusal", () => {
    expect(takesNewKey(refused, { newKeyAfter: [402], clientKey: null })).toBe(true);
    expect(takesNewKey(refused, { newKeyAfter: [409], clientKey: null })).toBe(false);
    expect(takesNewKey(refused, { clientKey: null })).toBe(false);
    expect(takesNewKey({ ...refused, answer: null }, { newKeyAfter: [402], clientKey: null })).toBe(false);
  });

  it("is none of what was done and is done anew, whatever its status", () => {
    const done = { ...refused, state: "done" } as const;
    expect(takesNewKey(done, { newKeyAfter: [402], clientKey: null })).toBe(false);
  });

  it("takes a new key after everything but what never left, where the service stores all errors", () => {
    const any = { newKeyAfter: "any", clientKey: null } as const;
    expect(takesNewKey({ ...refused, answer: null }, any)).toBe(true);
    expect(takesNewKey({ ...refused, state: "resolved-not-done", answer: null }, any)).toBe(true);
    expect(takesNewKey({ ...refused, state: "not-sent", answer: null }, any)).toBe(false);
  });

  it("keeps the key that the client chose first, and counts one chosen later as new", () => {
    expect(takesNewKey({ ...refused, clientKey: "k" }, { newKeyAfter: "any", clientKey: "k2" })).toBe(false);
    expect(takesNewKey(refused, { clientKey: "k" })).toBe(true);
  });
});

describe("what was done too long ago", () => {
  const done = { kind: "turn", state: "done", finishedAtMs: 1000 } as const;

  it("is free again to the millisecond, where its claimer says how long it is kept", () => {
    expect(isStale(done, { keptForMs: 500 }, 1499)).toBe(false);
    expect(isStale(done, { keptForMs: 500 }, 1500)).toBe(true);
    expect(isStale(done, {}, 9_999_999)).toBe(false);
  });

  it("is no effect, and nothing that runs or was refused", () => {
    expect(isStale({ ...done, kind: "effect" }, { keptForMs: 500 }, 1500)).toBe(false);
    expect(isStale({ ...done, state: "intent", finishedAtMs: null }, { keptForMs: 500 }, 1500)).toBe(false);
    expect(isStale({ ...done, state: "declined" }, { keptForMs: 500 }, 1500)).toBe(false);
  });
});

describe("an answer that was not handed over", () => {
  it("may be lost where its gateway is this one; of an effect that is always assumed", () => {
    const ours = { owner: "a" };
    expect(mayBeLost({ kind: "turn", owner: "a" }, ours)).toBe(true);
    expect(mayBeLost({ kind: "turn", owner: "b" }, ours)).toBe(false);
    expect(mayBeLost({ kind: "effect", owner: "b" }, ours)).toBe(true);
  });
});
