import { describe, expect, it } from "vitest";
import { errorIn, readChunk, readingAnswer } from "../../../src/protocols/gemini/chunk.ts";
import { JsonTextError } from "../../../src/wire/json-scan.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

const unreadable = expect.objectContaining({ code: "upstream_unreadable" }) as Error;
const read = (text: string) => readChunk(text, rootSpan(text));

describe("a piece of an answer", () => {
  it("has candidates with their parts, at their places in the text", () => {
    const text = ' {"candidates":[{"content":{"parts":[{"text":"a"}]},"index":3,"finishReason":"STOP"},{}]}';
    const { candidates } = read(text);
    expect(candidates.map(({ index, finishReason }) => [index, finishReason])).toEqual([
      [3, "STOP"],
      [1, undefined],
    ]);
    const { span } = candidates[0]!.parts[0]!;
    expect(text.slice(span.start, span.end)).toBe('{"text":"a"}');
  });

  it("says why the request was refused", () => {
    expect(read('{"promptFeedback":{"blockReason":"SAFETY"}}')).toMatchObject({
      candidates: [],
      blockReason: "SAFETY",
    });
  });

  it("is refused where it is no object, or a candidate is none", () => {
    expect(() => read("[]")).toThrow(unreadable);
    expect(() => read('{"candidates":[1]}')).toThrow(unreadable);
  });

  it("may be the upstream's own error, whose words are kept", () => {
    expect(errorIn({ error: { message: "Overloaded" } })).toBe(
      "The upstream answered with an error: Overloaded",
    );
    expect(errorIn({ error: "no" })).toContain("no");
    expect(errorIn({ error: { message: "x".repeat(9999) } })!.length).toBeLessThan(600);
    expect(errorIn({ error: null })).toBeUndefined();
  });

  it("makes the upstream's error of JSON that is none, and of nothing else", () => {
    expect(() =>
      readingAnswer(() => {
        throw new JsonTextError("a value", "x", 0);
      }),
    ).toThrow(unreadable);
    expect(() =>
      readingAnswer(() => {
        throw new RangeError("ours");
      }),
    ).toThrow(RangeError);
  });
});
