import { describe, expect, it } from "vitest";
import { CallTracker } from "../../../src/protocols/gemini/call-tracker.ts";
import { GrowingContent } from "../../../src/protocols/gemini/growing-content.ts";
import { readPart } from "../../../src/protocols/gemini/parts.ts";

/** What the parts of these chunks are in a whole answer. */
function whole(...chunks: readonly (readonly string[])[]): readonly string[] | null {
  const content = new GrowingContent(new CallTracker());
  for (const parts of chunks)
    content.take(
      0,
      parts.map((part) => readPart(part, { start: 0, end: part.length })),
    );
  return content.parts();
}

const call = '{"functionCall":{"name":"f","args":{ "n": 1.0 }},"thoughtSignature":"c2ln"}';

describe("the parts of a whole answer", () => {
  it("are texts that go on from chunk to chunk", () => {
    expect(whole(['{"text":"a \\ud83d"}'], ['{"text" : "\\ude00\\n"}'], ['{"text":"b"}'])).toEqual([
      '{"text":"a \\ud83d\\ude00\\nb"}',
    ]);
  });

  it("stay as they came where one chunk holds them all", () => {
    const parts = ['{"text":"a"}', '{ "text":"b" }', '{"text":""}', call];
    expect(whole(parts)).toEqual(parts);
    expect(whole([])).toEqual([]);
  });

  it("are thoughts and words apart", () => {
    const thought = (text: string): string => `{"text":"${text}","thought":true}`;
    expect(whole([thought("a")], [thought("b"), '{"text":"c"}'], ['{"text":"d"}'])).toEqual([
      thought("ab"),
      '{"text":"cd"}',
    ]);
  });

  it("keep a signature on the part that it came on", () => {
    const signed = '{"text":"","thoughtSignature":"c2ln"}';
    expect(whole(['{"text":"a"}'], [signed], ['{"text":"b"}'])).toEqual([
      '{"text":"a"}',
      signed,
      '{"text":"b"}',
    ]);
  });

  it("keep calls as they came, with the text before and behind them apart", () => {
    expect(whole(['{"text":"a"}'], [call], ['{"text":"b"}'])).toEqual(['{"text":"a"}', call, '{"text":"b"}']);
  });

  it("are none of an empty text, as a stream may end with", () => {
    expect(whole([call], ['{"text":""}'])).toEqual([call]);
    expect(whole(['{"text":""}'], [call])).toEqual([call]);
    expect(whole(['{"text":""}'], ['{"text":""}'])).toEqual(['{"text":""}']);
  });

  it("have the arguments whole that came in pieces", () => {
    expect(
      whole(
        ['{"functionCall":{"name":"f","id":"1","willContinue":true},"thoughtSignature":"c2ln"}'],
        ['{"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"x"}],"willContinue":true}}'],
        ['{"functionCall":{}}'],
      ),
    ).toEqual(['{"functionCall":{"name":"f","id":"1","args":{"a":"x"}},"thoughtSignature":"c2ln"}']);
  });

  it("are not there where a call was to go on, and did not", () => {
    expect(whole(['{"functionCall":{"name":"f","willContinue":true}}'], ['{"text":""}'])).toBeNull();
  });

  it("are not joined where a text is none", () => {
    expect(whole(['{"text":"a"}'], ['{"text":7}'])).toEqual(['{"text":"a"}', '{"text":7}']);
  });
});
