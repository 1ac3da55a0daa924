import { describe, expect, it } from "vitest";
import { brokenPromises, endOf, sharedKeys, unexpected, type Observed } from "./observed.ts";
import type { Heard } from "./support/call.ts";

const ok: Heard = { status: 201, type: "application/json", text: '{"id":1}', replayed: false, code: null };
const doubt: Heard = { ...ok, status: 400, text: "", code: "outcome_unknown" };
const busy: Heard = { ...ok, status: 504, text: "", code: "upstream_timeout" };
const done: Observed = {
  operation: "op",
  way: "run",
  heard: [ok, { ...ok, replayed: true }],
  effects: 1,
  keys: ["k1"],
  records: [{ id: "r", state: "done" }],
};

describe("what the fault tests take for a broken promise", () => {
  it("is nothing where an operation was done once and said so, or is in doubt and says so", () => {
    expect(brokenPromises(done)).toEqual([]);
    const doubted: Observed = { ...done, heard: [doubt, doubt], records: [{ id: "r", state: "in-doubt" }] };
    expect(brokenPromises(doubted)).toEqual([]);
    expect(brokenPromises({ ...doubted, effects: 0 })).toEqual([]);
    expect(brokenPromises({ ...done, heard: [busy, doubt, ok] })).toEqual([]);
  });

  const cases: readonly (readonly [string, Partial<Observed>])[] = [
    ["it was done 2 times", { effects: 2 }],
    ["its caller heard ok, and it was never done", { effects: 0 }],
    ["its caller heard two different answers", { heard: [ok, { ...ok, text: '{"id":2}' }] }],
    ["its caller heard two different answers", { heard: [ok, { ...ok, status: 200 }] }],
    ["its caller heard ok, and later something else", { heard: [ok, doubt, ok] }],
    ["it was done and nothing is written down", { records: [] }],
    ["its caller heard done of something unrecorded", { records: [] }],
    ["its caller heard in-doubt of something unrecorded", { heard: [doubt], effects: 0, records: [] }],
    [
      "2 records stand for it",
      {
        records: [
          { id: "r", state: "done" },
          { id: "s", state: "done" },
        ],
      },
    ],
    ["its caller never heard how it ended, at last 504 upstream_timeout", { heard: [busy] }],
    ["its caller never heard how it ended, at last nothing at all", { heard: [] }],
    ["its caller heard done, and its record says intent", { records: [{ id: "r", state: "intent" }] }],
    ["its caller heard in-doubt, and its record says done", { heard: [doubt] }],
  ];
  it.each(cases)("is: %s", (sentence, change) => {
    expect(brokenPromises({ ...done, ...change })).toContain(`op (run): ${sentence}`);
  });

  it("is one key for two operations", () => {
    expect(sharedKeys([done, { ...done, operation: "other", keys: ["k2", null] }])).toEqual([]);
    expect(sharedKeys([done, { ...done, operation: "other" }])).toEqual([
      "the key k1 went upstream for op and other",
    ]);
  });
});

describe("what a fault must leave", () => {
  it("is compared by effects and by how the caller was told that it ended", () => {
    expect(endOf(done)).toBe("done");
    expect(unexpected(done, { effects: 1, end: "done" })).toEqual([]);
    expect(unexpected(done, { effects: 0, end: "in-doubt" })).toEqual([
      "op (run): it was done 1 times, and 0 are right",
      "op (run): it ended done, and in-doubt is right",
    ]);
  });
});
