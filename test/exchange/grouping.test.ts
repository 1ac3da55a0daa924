import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupMessages, type MessageOutline } from "../../src/exchange/grouping.ts";

const nothing = { hasCalls: false, hasResults: false, hasUserContent: false, answers: undefined };
const system: MessageOutline = { ...nothing, role: "system" };
const user: MessageOutline = { ...nothing, role: "user", hasUserContent: true };
const says: MessageOutline = { ...nothing, role: "assistant" };
const calls: MessageOutline = { ...nothing, role: "assistant", hasCalls: true };
const result = (answers?: number): MessageOutline => ({
  ...nothing,
  role: "tool",
  hasResults: true,
  answers,
});

function pinnedOf(outlines: readonly MessageOutline[]): number[] {
  return groupMessages(outlines).pinned.flatMap((pinned, index) => (pinned ? [index] : []));
}

describe("grouping messages", () => {
  it("keeps a message with calls and all its results in one group, and every other message alone", () => {
    const outlines = [system, user, calls, result(2), result(2), says, user];
    expect(groupMessages(outlines).groups).toEqual([0, 1, 2, 2, 2, 3, 4]);
  });

  it("keeps what stands between a call and its result with them", () => {
    expect(groupMessages([user, calls, system, user, result(1), says]).groups).toEqual([0, 1, 1, 1, 1, 2]);
  });

  it("leaves a result without a call alone", () => {
    expect(groupMessages([user, result(), says]).groups).toEqual([0, 1, 2]);
  });

  it("never breaks a pair: no group ends between a message and what it answers", () => {
    const anyOutlines = fc
      .array(fc.nat({ max: 5 }), { maxLength: 20 })
      .map((backs) =>
        backs.map((back, index): MessageOutline => (back > 0 && back <= index ? result(index - back) : says)),
      );
    fc.assert(
      fc.property(anyOutlines, (outlines) => {
        const { groups } = groupMessages(outlines);
        for (const [index, { answers }] of outlines.entries()) {
          expect(groups[index]).toBe(groups[answers ?? index]);
          expect((groups[index] ?? 0) - (groups[index - 1] ?? 0)).toBeOneOf([0, 1]);
        }
      }),
    );
  });
});

describe("pinning messages", () => {
  it("pins system messages wherever they stand, the task and the latest user message", () => {
    expect(pinnedOf([system, user, says, system, user, says, user])).toEqual(
      [0, 1, 3, 4, 6].filter((i) => i !== 4),
    );
  });

  it("pins the running tool loop while the prompt ends with its results", () => {
    expect(pinnedOf([user, calls, result(1), calls, result(3), result(3)])).toEqual([0, 3, 4, 5]);
    expect(pinnedOf([user, calls, result(1), calls, result(3), says, user])).toEqual([0, 6]);
  });

  it("sees the running tool loop also where a system message ends the prompt", () => {
    expect(pinnedOf([user, says, calls, result(2), system])).toEqual([0, 2, 3, 4]);
  });

  it("pins the call with the result where a user spoke in the same message as the result", () => {
    const resultAndText: MessageOutline = { ...result(3), role: "user", hasUserContent: true };
    expect(pinnedOf([user, calls, result(1), calls, resultAndText, says, says])).toEqual([0, 3, 4, 6]);
  });

  it("pins the beginning of an answer that the model is to go on with", () => {
    expect(pinnedOf([user, says, user, says])).toEqual([0, 2, 3]);
  });

  it("has nothing to pin where there is nothing", () => {
    expect(groupMessages([])).toEqual({ groups: [], pinned: [] });
  });
});
