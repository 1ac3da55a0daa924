import { describe, expect, it } from "vitest";
import type { ClaimState, RecordedAnswer } from "../../src/ledger/ledger.ts";
import { settledState, transitions } from "../../src/ledger/transitions.ts";
import { cut, whole } from "../conformance/ledger/requests.ts";

const states = Object.keys(transitions) as ClaimState[];

function settled(answer: RecordedAnswer | null, more?: RecordedAnswer): ClaimState | null {
  const settlement = { state: "done", ...(more === undefined ? {} : { answer: more }) } as const;
  return settledState({ state: "done", answer, doubted: false }, settlement);
}

describe("the table of transitions", () => {
  it("never leads back to an intent: only a new claim does", () => {
    for (const from of states) expect(Object.values(transitions[from])).not.toContain("intent");
  });

  it("lets only a doubt be resolved or abandoned", () => {
    const resolving = states.filter((from) =>
      (["resolved-done", "resolved-not-done", "abandoned"] as const).some((to) => to in transitions[from]),
    );
    expect(resolving).toEqual(["in-doubt"]);
  });

  it("ends a doubt as not done, never as free of it, when a refusal comes late", () => {
    const doubt = { state: "in-doubt", answer: null, doubted: false } as const;
    expect(settledState(doubt, { state: "declined" })).toBe("resolved-not-done");
    expect(settledState(doubt, { state: "not-sent" })).toBe("resolved-not-done");
    expect(settledState(doubt, { state: "in-doubt" })).toBeNull();
  });

  it("keeps a doubt that a second dispatch could not end: its refusal says nothing of the first", () => {
    for (const state of ["declined", "not-sent"] as const) {
      expect(settledState({ state: "intent", answer: null, doubted: true }, { state })).toBe("in-doubt");
      expect(settledState({ state: "in-doubt", answer: null, doubted: true }, { state })).toBeNull();
    }
    for (const [state, to] of [
      ["done", "done"],
      ["resolved-not-done", "resolved-not-done"],
      ["abandoned", "abandoned"],
    ] as const) {
      expect(settledState({ state: "in-doubt", answer: null, doubted: true }, { state })).toBe(to);
    }
  });

  it("lets `done` be settled again only with more of an answer that was cut", () => {
    expect(settled(cut, whole)).toBe("done");
    expect(settled(cut, cut)).toBe("done");
    expect(settled(cut)).toBeNull();
    expect(settled(whole, whole)).toBeNull();
    expect(settled(null, whole)).toBeNull();
    expect(
      settledState({ state: "done", answer: cut, doubted: false }, { state: "declined", answer: whole }),
    ).toBeNull();
  });
});
