import { describe, expect, it } from "vitest";
import { built, editAnswer, readAnswer } from "../../../src/protocols/gemini/answer.ts";
import { eventsIn, fixture } from "./traffic.ts";

const untouched = { changes: [], addOutputTokens: 0, comment: undefined };
const unreadable = expect.objectContaining({ code: "upstream_unreadable" }) as Error;

const paris = { city: "Paris", unit: "celsius" };
const tokyo = { city: "Tokyo", unit: "celsius" };
/** The arguments of the calls in each fixture. */
const turns: Readonly<Record<string, readonly unknown[]>> = {
  text: [],
  "tool-call": [paris],
  "tool-calls-parallel": [paris, tokyo],
  "thinking-and-tool-call": [paris],
  "tool-calls-in-pieces": [paris, tokyo],
};

/** What `streamGenerateContent` answers without `alt=sse`. */
function listOf(name: string): string {
  const chunks = eventsIn(fixture(`${name}.sse`)).map((chunk) => JSON.stringify(chunk));
  return `[${chunks.join("\n,\r\n")}\n]\n`;
}

describe("an answer that is a list of pieces", () => {
  it.each(Object.keys(turns))(
    "says what the same answer says as a stream, and leaves as the very same string: %s",
    (name) => {
      const list = listOf(name);
      const answer = readAnswer(list);
      expect(editAnswer(answer, untouched)).toBe(list);
      expect(answer.turn.calls.map(({ argumentsText }) => JSON.parse(argumentsText) as unknown)).toEqual(
        turns[name],
      );
      expect(built(list).parts().length).toBeGreaterThan(0);
    },
  );

  it("loses the pieces of a call that leaves, and keeps the others byte for byte", () => {
    const list = listOf("tool-calls-parallel");
    const answer = readAnswer(list);
    const [first, second] = answer.turn.calls;
    const after = editAnswer(answer, { ...untouched, changes: [{ kind: "drop", call: first! }] });
    expect((JSON.parse(after) as unknown[]).length).toBe(1);
    expect(list).toContain(after.trim().slice(1, -1).trim());
    expect(readAnswer(after).turn.calls.map(({ name }) => name)).toEqual([second!.name]);
  });

  it("counts the tokens of earlier turns in what it says last", () => {
    const answer = readAnswer(listOf("text"));
    const after = readAnswer(editAnswer(answer, { ...untouched, addOutputTokens: 100 }));
    expect(after.turn.usage?.outputTokens).toBe((answer.turn.usage?.outputTokens ?? 0) + 100);
  });

  it("is refused where it ends in the middle, or with an error", () => {
    const [first] = eventsIn(fixture("text.sse"));
    expect(() => readAnswer(JSON.stringify([first]))).toThrow(/ended its list before/);
    const failed = [first, { error: { code: 503, message: "Overloaded now" } }];
    expect(() => readAnswer(JSON.stringify(failed))).toThrow(/Overloaded now/);
    expect(() => readAnswer("[1]")).toThrow(unreadable);
  });
});

describe("a whole answer", () => {
  it("without candidates is a refusal, and without anything none at all", () => {
    expect(readAnswer(fixture("refusal.json")).turn.finish).toBe("refusal");
    expect(() => readAnswer("{}")).toThrow(/no candidates/);
    expect(() => readAnswer('{"error":{"message":"Out of quota"}}')).toThrow(/Out of quota/);
  });
});
