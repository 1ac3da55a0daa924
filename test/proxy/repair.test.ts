import { describe, expect, it } from "vitest";
import type { Turn } from "../../src/exchange/turn.ts";
import { anthropicMessages } from "../../src/protocols/anthropic-messages/index.ts";
import type { Answer } from "../../src/protocols/protocol.ts";
import type { AskAgain } from "../../src/proxy/decide-turn.ts";
import { Repair } from "../../src/proxy/repair.ts";
import { answerOf, promptOf, thinking, use, user } from "./support/messages-prompt.ts";

const task = user("Find it");
const bad = answerOf([thinking("one"), use("t1", { wrong: 1 })], 10);

function askAgainFor(answer: Answer, text: string, more: Partial<AskAgain> = {}): AskAgain {
  return {
    kind: "ask-again",
    interventions: [],
    outcomes: answer.turn.calls.map((call) => ({ call, text, isError: true })),
    toModel: null,
    policy: false,
    fault: text,
    sentence: text,
    ...more,
  };
}

const open = (attemptsMax = 2): Repair =>
  new Repair(anthropicMessages, { prompt: promptOf([task]) }, attemptsMax);

function again(
  repair: Repair,
  text: string,
  more: Partial<AskAgain> = {},
  answer = bad,
  turn: Turn = answer.turn,
) {
  return repair.askAgain(askAgainFor(answer, text, more), turn, { kind: "whole", answer });
}

const messagesIn = (asked: { body: string } | { error: Error }): unknown[] => {
  if ("error" in asked) throw asked.error;
  return (JSON.parse(asked.body) as { messages: unknown[] }).messages;
};

describe("asking again", () => {
  it("appends the turn as the model said it, and what it is told of each call", () => {
    const repair = open();
    const messages = messagesIn(again(repair, "No such parameter."));
    expect(messages).toHaveLength(3);
    expect(messages[0]).toEqual(task);
    expect(messages[1]).toEqual({ role: "assistant", content: [thinking("one"), use("t1", { wrong: 1 })] });
    expect(messages[2]).toMatchObject({
      role: "user",
      content: [{ tool_use_id: "t1", content: "No such parameter.", is_error: true }],
    });
    expect(repair.attempts).toBe(1);
  });

  it("goes on from what was asked before, and keeps it all as the truth behind the answer", () => {
    const repair = open();
    again(repair, "First.");
    const messages = messagesIn(again(repair, "Second."));
    expect(messages).toHaveLength(5);
    expect(repair.truth.map((text) => JSON.parse(text) as unknown)).toEqual(messages.slice(1));
    expect(repair.hiddenOutputTokens).toBe(20);
  });

  it("changes no byte of the request before", () => {
    const asked = again(open(), "First.") as { body: string };
    const { text } = promptOf([task]);
    expect(asked.body.startsWith(text.slice(0, text.indexOf("]}", text.indexOf('"messages"'))))).toBe(true);
  });

  it("ends with what the model is told of its reply, where that was refused", () => {
    const repair = open();
    const spoken = answerOf([{ type: "text", text: "I give up." }]);
    const messages = messagesIn(
      again(repair, "Stay on the task.", { toModel: "Stay on the task.", outcomes: [] }, spoken),
    );
    expect(JSON.stringify(messages.at(-1))).toContain("Stay on the task.");
    expect(repair.truth).toHaveLength(messages.length - 1);
    expect(repair.truth.map((text) => JSON.parse(text) as unknown)).toEqual(messages.slice(1));
  });

  it("ends when the attempts are used up, and says how many there were", () => {
    const repair = open(2);
    again(repair, "First.");
    again(repair, "Second.");
    const ended = again(repair, "Third.");
    expect(ended).toMatchObject({ error: { code: "call_refused", status: 400 } });
    expect((ended as { error: Error }).error.message).toMatch(
      /\(asked again 2 times\)\. For the model: Third\.$/,
    );
    expect(repair.attempts).toBe(2);
  });

  it("never begins where repair is off", () => {
    const ended = again(open(0), "First.") as { error: Error };
    expect(ended.error.message).toMatch(/repair is off/);
  });

  it("ends early when the same fault comes back", () => {
    const repair = open(5);
    again(repair, "First.");
    expect(again(repair, "First.")).toMatchObject({
      error: { message: expect.stringContaining("the same fault came back") },
    });
    expect("body" in again(repair, "Another.")).toBe(true);
  });

  it("happens once for a policy, whatever else is allowed", () => {
    const repair = open(5);
    expect("body" in again(repair, "First.", { policy: true })).toBe(true);
    expect("body" in again(repair, "Second.")).toBe(true);
    expect(again(repair, "Third.", { policy: true })).toMatchObject({
      error: { code: "call_refused_by_policy", status: 403 },
    });
  });

  it("never happens behind several answers", () => {
    const repair = open();
    expect(again(repair, "First.", {}, bad, { ...bad.turn, choices: 2 })).toMatchObject({
      error: { message: expect.stringContaining("several answers") },
    });
    expect(repair.attempts).toBe(0);
    expect(repair.truth).toEqual([]);
  });

  it("counts no tokens where the upstream told none", () => {
    const repair = open();
    again(repair, "First.", {}, bad, { ...bad.turn, usage: undefined });
    expect(repair.hiddenOutputTokens).toBe(0);
  });
});

describe("asking on behind answered calls", () => {
  const outcomes = bad.turn.calls.map((call) => ({ call, text: "remembered", isError: false }));
  const on = (repair: Repair, turn: Turn = bad.turn) =>
    repair.askOn(outcomes, turn, { kind: "whole", answer: bad });

  it("is no repair: it uses up no attempt", () => {
    const repair = open(1);
    const messages = messagesIn(on(repair));
    expect(messages.at(-1)).toMatchObject({ content: [{ tool_use_id: "t1", content: "remembered" }] });
    expect(repair.attempts).toBe(0);
    expect("body" in again(repair, "First.")).toBe(true);
    expect(repair.truth).toHaveLength(4);
  });

  it("does not go on for ever", () => {
    const repair = open();
    for (let i = 0; i < 16; i++) expect("body" in on(repair)).toBe(true);
    expect(on(repair)).toMatchObject({ error: { code: "call_refused", status: 400 } });
  });

  it("never happens behind several answers", () => {
    expect(on(open(), { ...bad.turn, choices: 2 })).toMatchObject({ error: { code: "call_refused" } });
  });
});
