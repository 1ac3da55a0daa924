import { describe, expect, it } from "vitest";
import {
  editsOf,
  frontierFact,
  frozenRatio,
  knownFrontier,
  ratioFact,
} from "../../../src/guards/budget/frontier-fact.ts";
import { nothingDropped } from "../../../src/guards/budget/trim.ts";
import { anthropicRequest, assistant, openaiRequest, subjectOf, system, user, written } from "./requests.ts";

const history = [
  user("task"),
  assistant("a"),
  user("b"),
  assistant("c"),
  user("d"),
  assistant("e"),
  user("f"),
];
const subject = subjectOf(openaiRequest(history));
const frontier = { dropped: [[1, 3]], thinkingTo: 0 } as const;

describe("knownFrontier", () => {
  it("finds what was written down, in every request that goes on from there", () => {
    const facts = written([frontierFact(subject, frontier)]);
    expect(knownFrontier(subjectOf(openaiRequest(history), { facts }))).toMatchObject(frontier);
    const longer = openaiRequest([...history, assistant("g"), user("h")]);
    expect(knownFrontier(subjectOf(longer, { facts }))).toMatchObject(frontier);
    const branch = openaiRequest([...history.slice(0, 4), user("another way")]);
    expect(knownFrontier(subjectOf(branch, { facts }))).toMatchObject(frontier);
  });

  it("takes the newest that the request contains", () => {
    const wider = { dropped: [[1, 5]], thinkingTo: 0 } as const;
    const facts = written([frontierFact(subject, frontier), frontierFact(subject, wider)]);
    expect(knownFrontier(subjectOf(openaiRequest(history), { facts }))).toMatchObject(wider);
    const branch = openaiRequest([...history.slice(0, 4), user("another way")]);
    expect(knownFrontier(subjectOf(branch, { facts }))).toMatchObject(frontier);
  });

  it("knows none where the history is another one, or went back behind it", () => {
    const facts = written([frontierFact(subject, frontier)]);
    const others = [
      [user("task"), assistant("other"), ...history.slice(2)],
      history.slice(0, 2),
      history.slice(0, 3), // the dropped message is the latest one now
    ];
    for (const other of others) {
      expect(knownFrontier(subjectOf(openaiRequest(other), { facts }))).toBe(nothingDropped);
    }
  });

  it("knows none of another model", () => {
    const facts = written([frontierFact(subject, frontier)]);
    expect(knownFrontier(subjectOf(openaiRequest(history, { model: "gpt-4.1" }), { facts }))).toBe(
      nothingDropped,
    );
  });

  it("applies one that removes thinking only up to where the history is the same", () => {
    const claude = subjectOf(anthropicRequest(history));
    const strips = { dropped: [[1, 3]], thinkingTo: 5 } as const;
    const facts = written([frontierFact(claude, strips)]);
    expect(knownFrontier(subjectOf(anthropicRequest(history), { facts }))).toMatchObject(strips);
    const branch = anthropicRequest([...history.slice(0, 4), user("another way")]);
    expect(knownFrontier(subjectOf(branch, { facts }))).toBe(nothingDropped);
  });

  it("passes over a fact that makes no sense", () => {
    const { value } = frontierFact(subject, frontier);
    const broken = [
      null,
      "text",
      {},
      { ...(value as object), dropped: [] },
      { ...(value as object), dropped: [[3, 1]] },
      { ...(value as object), dropped: [["1", 3]] },
      { ...(value as object), thinkingTo: -1 },
      { ...(value as object), thinkingChain: 7 },
    ];
    const facts = written(broken.map((one) => ({ kind: "trim-frontier", value: one })));
    expect(knownFrontier(subjectOf(openaiRequest(history), { facts }))).toBe(nothingDropped);
  });

  it("is small enough for a fact, whatever the conversation", () => {
    const long = Array.from({ length: 400 }, (_, index) =>
      index % 2 === 0 ? user(`u${index}`) : assistant(`a${index}`),
    );
    const fact = frontierFact(subjectOf(openaiRequest(long)), {
      dropped: [
        [1, 200],
        [201, 398],
      ],
      thinkingTo: 399,
    });
    expect(JSON.stringify(fact).length).toBeLessThan(500);
  });
});

describe("frozenRatio", () => {
  it("is the first that was written down for a model", () => {
    const facts = written([
      ratioFact("a", 1.3),
      ratioFact("b", 1.7),
      ratioFact("a", 1.4),
      { kind: "other", value: null },
    ]);
    expect(frozenRatio(facts, "a")).toBe(1.3);
    expect(frozenRatio(facts, "b")).toBe(1.7);
    expect(frozenRatio(facts, "c")).toBeUndefined();
    expect(
      frozenRatio(written([{ kind: "token-ratio", value: { model: "a", ratio: "x" } }]), "a"),
    ).toBeUndefined();
  });
});

describe("editsOf", () => {
  it("names each message once", () => {
    const thinking = { type: "thinking", thinking: "hm", signature: "s" };
    const thought = { role: "assistant", content: [thinking, { type: "text", text: "a" }] };
    const cut = { role: "assistant", content: [thinking] };
    const messages = [
      user("task"),
      thought,
      user("b"),
      thought,
      user("c"),
      cut,
      user("d"),
      thought,
      user("e"),
    ];
    const edits = editsOf(subjectOf(anthropicRequest(messages)), { dropped: [[1, 3]], thinkingTo: 7 });
    expect(edits).toEqual([
      { kind: "drop-messages", from: 1, to: 3 },
      { kind: "drop-thinking", from: 3, to: 4 },
      { kind: "drop-messages", from: 5, to: 6 },
    ]);
  });

  it("leaves the system messages within a range to stay", () => {
    const messages = [user("task"), assistant("a"), system("rule"), user("b"), assistant("c"), user("d")];
    const edits = editsOf(subjectOf(openaiRequest(messages)), { dropped: [[1, 5]], thinkingTo: 0 });
    expect(edits).toEqual([{ kind: "drop-messages", from: 1, to: 5 }]);
  });
});
