import { describe, expect, it } from "vitest";
import { CallTracker } from "../../../src/protocols/gemini/call-tracker.ts";
import { readPart } from "../../../src/protocols/gemini/parts.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

function part(fields: unknown) {
  const text = JSON.stringify(fields);
  return readPart(text, rootSpan(text));
}
const call = (fields: unknown) => part({ functionCall: fields });

describe("telling which call a part belongs to", () => {
  it("counts the calls of each candidate for itself, and no other part", () => {
    const tracker = new CallTracker();
    expect(tracker.take(0, part({ text: "x" }))).toBeUndefined();
    const places = [
      tracker.take(0, call({ name: "f", args: { a: 1 } })),
      tracker.take(1, call({ name: "g" })),
      tracker.take(0, call({ name: "f" })),
    ].map((piece) => [piece?.call.choice, piece?.call.position, piece?.opens, piece?.call.inPieces]);
    expect(places).toEqual([
      [0, 0, true, false],
      [1, 0, true, false],
      [0, 1, true, false],
    ]);
    expect(tracker.calls.map(({ argumentsText }) => argumentsText)).toEqual(['{"a":1}', "{}", "{}"]);
  });

  it("goes on with the open call at a piece without a name, until no more is announced", () => {
    const tracker = new CallTracker();
    tracker.take(0, call({ name: "f", id: "a", willContinue: true }));
    const piece = { jsonPath: "$.x", stringValue: "y" };
    expect(tracker.take(0, call({ partialArgs: [piece], willContinue: true }))?.opens).toBe(false);
    const [grown] = tracker.calls;
    // It lacks its end, so that nobody takes it for whole.
    expect(grown).toMatchObject({ id: "a", isOpen: true, inPieces: true, argumentsText: '{"x":"y"' });
    expect(tracker.take(0, call({}))?.opens).toBe(false);
    expect(grown).toMatchObject({ isOpen: false, argumentsText: '{"x":"y"}' });
    expect(tracker.take(0, call({ name: "g" }))?.opens).toBe(true);
  });

  it("takes a piece that nothing came before for a call without a name", () => {
    const tracker = new CallTracker();
    expect(tracker.take(0, call({ args: { a: 1 } }))).toMatchObject({ opens: true, call: { name: "" } });
  });

  it("knows a call whose pieces all came at once", () => {
    const tracker = new CallTracker();
    tracker.take(0, call({ name: "f", partialArgs: [{ jsonPath: "$.n", numberValue: 1 }] }));
    expect(tracker.calls[0]).toMatchObject({ inPieces: true, isOpen: false, argumentsText: '{"n":1}' });
  });
});
