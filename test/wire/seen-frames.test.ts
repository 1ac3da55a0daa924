import { describe, expect, it } from "vitest";
import { SeenFrames } from "../../src/wire/seen-frames.ts";

function framesOf(bytesMax = 100_000): { frames: SeenFrames<{ text: string }>; derived: string[] } {
  const derived: string[] = [];
  const frames = new SeenFrames<{ text: string }>(bytesMax, (text) => {
    derived.push(text);
    return { text };
  });
  return { frames, derived };
}

/** A body with its list, and where that list stands. */
function body(head: string, list: string, tail: string): [bytes: Buffer, start: number, end: number] {
  const start = Buffer.byteLength(head);
  return [Buffer.from(head + list + tail), start, start + Buffer.byteLength(list)];
}

describe("what stands around a list", () => {
  it("is derived once, from the body with nothing in the list", () => {
    const { frames, derived } = framesOf();
    const first = frames.read(...body('{"a":"日","list":', '[{"b":1}]', ',"c":2}'));
    expect(derived).toEqual(['{"a":"日","list":[],"c":2}']);
    expect(first.headLength).toBe('{"a":"日","list":['.length);
    const [bytes, start, end] = body('{"a":"日","list":', '[{"b":1},{"b":"é"}]', ',"c":2}');
    expect(frames.listStart(bytes)).toBe(start);
    expect(frames.find(bytes, start, end)).toBe(first);
    expect(frames.read(bytes, start, end)).toBe(first);
    expect(derived).toHaveLength(1);
  });

  it("is another one where a byte before or behind the list differs", () => {
    const { frames } = framesOf();
    frames.read(...body('{"list":', "[1]", ',"c":2}'));
    expect(frames.find(...body('{"list":', "[1]", ',"c":3}'))).toBeUndefined();
    expect(frames.find(...body('{"lisT":', "[1]", ',"c":2}'))).toBeUndefined();
    expect(frames.find(...body('{"list":', "[1]", ',"c":2} '))).toBeUndefined();
    expect(frames.listStart(Buffer.from('{"lis'))).toBe(-1);
    expect(frames.listStart(Buffer.from('{"lisT":[]}'))).toBe(-1);
  });

  it("is kept in memory of its own", () => {
    const { frames, derived } = framesOf();
    const [bytes, start, end] = body('{"list":', "[1]", ',"c":2}');
    frames.read(bytes, start, end);
    bytes.fill(0);
    expect(frames.find(...body('{"list":', "[1]", ',"c":2}'))?.around).toEqual({ text: derived[0] });
  });

  it("is found by its text where many others were read since", () => {
    const { frames, derived } = framesOf();
    const tails = Array.from({ length: 20 }, (_, index) => `,"c":${index}}`);
    for (const tail of tails) frames.read(...body('{"list":', "[]", tail));
    expect(frames.find(...body('{"list":', "[1]", tails[0]!))).toBeUndefined();
    expect(frames.read(...body('{"list":', "[1]", tails[0]!)).around).toEqual({ text: '{"list":[],"c":0}' });
    expect(frames.find(...body('{"list":', "[1]", tails[0]!))).toBeDefined();
    expect(derived).toHaveLength(20);
  });

  it("is forgotten beyond the limit, and not kept at all where it is larger", () => {
    const { frames, derived } = framesOf(1_000);
    const tails = [1, 2, 3].map((index) => `,"c":"${"x".repeat(200)}${index}"}`);
    for (const tail of tails) frames.read(...body('{"list":', "[]", tail));
    expect(frames.find(...body('{"list":', "[]", tails[0]!))).toBeUndefined();
    expect(frames.find(...body('{"list":', "[]", tails[2]!))).toBeDefined();
    const large = `,"c":"${"x".repeat(1_000)}"}`;
    for (let times = 0; times < 2; times++) frames.read(...body('{"list":', "[]", large));
    expect(derived).toHaveLength(5);
    expect(frames.find(...body('{"list":', "[]", large))).toBeUndefined();
  });

  it("is not kept where deriving throws", () => {
    const frames = new SeenFrames<object>(1_000, (text) => {
      throw new Error(`no ${text}`);
    });
    expect(() => frames.read(...body('{"list":', "[]", "}"))).toThrow('no {"list":[]}');
    expect(frames.listStart(Buffer.from('{"list":[]}'))).toBe(-1);
    expect(() => frames.around("{}")).toThrow("no {}");
  });
});
