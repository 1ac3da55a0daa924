import { describe, expect, it } from "vitest";
import { assistant, onDuty, openaiRequest, subjectOf, user, words, type WireMessage } from "./requests.ts";

/** Far below what time growing with the square of the messages would take. */
const timeoutMs = 10_000;

/** A client may send what no conversation grows to; the gateway must not stand still over it. */
describe("a history of very many messages", () => {
  it("is trimmed in a time that grows with its length", { timeout: timeoutMs }, async () => {
    const monologue = Array.from({ length: 40_000 }, (_, at) => assistant(`part ${at}`));
    const prompt = openaiRequest([user("task"), ...monologue]);
    const verdict = await onDuty().judge(subjectOf(prompt));
    expect(verdict).toMatchObject({ kind: "rewrite", to: { edits: [{ kind: "drop-messages" }] } });
  });

  it("is refused as fast where what is pinned leaves no room", { timeout: timeoutMs }, async () => {
    const turns = Array.from({ length: 20_000 }, (_, at): readonly WireMessage[] => [
      assistant(`answer ${at}`),
      user(`more ${at}`),
    ]);
    const prompt = openaiRequest([user(words("task", 200_000)), ...turns.flat()]);
    const verdict = await onDuty().judge(subjectOf(prompt));
    expect(verdict).toMatchObject({ kind: "block", reason: "pinned parts are over the budget" });
  });
});
