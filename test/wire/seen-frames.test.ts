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

/** Read twice, so that it is kept. */
function readTwice(frames: SeenFrames<{ text: string }>, ...at: Parameters<typeof body>): void {
  for (let times = 0; times < 2; times++) frames.read(...body(...at));
}

describe("what stands around a list", () => {
  it("is derived from the body with nothing in the list, and kept from the second time on", () => {
    const { frames, derived } = framesOf();
    const first = frames.read(...body('{"a":"日","list":', '[{"b":1}]', ',"c":2}'));
    expect(derived).toEqual(['{"a":"日","list":[],"c":2}']);
    expect(first.headLength).toBe('{"a":"日","list":['.length);
    const [bytes, start, end] = body('{"a":"日","list":', '[{"b":1},{"b":"é"}]', ',"c":2}');
    expect(frames.listStart(bytes)).toBe(-1);
    expect(frames.find(bytes, start, end)).toBeUndefined();
    expect(frames.read(bytes, start, end)).toEqual(first);
    expect(frames.listStart(bytes)).toBe(start);
    expect(frames.find(bytes, start, end)).toMatchObject(first);
    expect(derived).toHaveLength(2);
  });

  it("is another one where a byte before or behind the list differs", () => {
    const { frames } = framesOf();
    readTwice(frames, '{"list":', "[1]", ',"c":2}');
    expect(frames.find(...body('{"list":', "[1,1]", ',"c":2}'))).toBeDefined();
    expect(frames.find(...body('{"list":', "[1]", ',"c":3}'))).toBeUndefined();
    expect(frames.find(...body('{"lisT":', "[1]", ',"c":2}'))).toBeUndefined();
    expect(frames.find(...body('{"list":', "[1]", ',"c":2} '))).toBeUndefined();
    expect(frames.listStart(Buffer.from('{"lis'))).toBe(-1);
    expect(frames.listStart(Buffer.from('{"lisT":[]}'))).toBe(-1);
  });

  it("is kept in memory of its own", () => {
    const { frames, derived } = framesOf();
    for (let times = 0; times < 2; times++) {
      const [bytes, start, end] = body('{"list":', "[1]", ',"c":2}');
      frames.read(bytes, start, end);
      bytes.fill(0);
    }
    expect(frames.find(...body('{"list":', "[1]", ',"c":2}'))?.around).toEqual({ text: derived[1] });
  });

  it("is found among many others, of which the one used longest ago leaves first", () => {
    const { frames } = framesOf();
    const isKept = (index: number): boolean =>
      frames.find(...body('{"list":', "[1]", `,"c":${index}}`)) !== undefined;
    for (let index = 10; index < 42; index++) readTwice(frames, '{"list":', "[]", `,"c":${index}}`);
    expect([10, 30, 41].map((index) => isKept(index))).toEqual([true, true, true]);
    readTwice(frames, '{"list":', "[]", ',"c":42}');
    expect([10, 11, 42].map((index) => isKept(index))).toEqual([true, false, true]);
  });

  it("is new again where many others were read once since", () => {
    const { frames } = framesOf();
    const read = (index: number): unknown => frames.read(...body('{"list":', "[]", `,"c":${index}}`));
    for (let index = 0; index < 20; index++) read(index);
    read(0);
    expect(frames.listStart(Buffer.from('{"list":[]}'))).toBe(-1);
    read(19);
    expect(frames.listStart(Buffer.from('{"list":[]}'))).toBe(8);
  });

  it("is forgotten beyond the limit, and not kept at all where it is a large part of it", () => {
    const { frames } = framesOf(1_000);
    const tails = Array.from({ length: 20 }, (_, index) => `,"c":"${"x".repeat(80)}${index}"}`);
    for (const tail of tails) readTwice(frames, '{"list":', "[]", tail);
    expect(frames.find(...body('{"list":', "[]", tails[0]!))).toBeUndefined();
    expect(frames.find(...body('{"list":', "[]", tails[19]!))).toBeDefined();
    const large = `,"c":"${"x".repeat(200)}"}`;
    readTwice(frames, '{"list":', "[]", large);
    expect(frames.find(...body('{"list":', "[]", large))).toBeUndefined();
    expect(frames.find(...body('{"list":', "[]", tails[19]!))).toBeDefined();
  });

  it("is not kept where deriving throws", () => {
    const frames = new SeenFrames<{ text: string }>(1_000, (text) => {
      throw new Error(`no ${text}`);
    });
    for (let times = 0; times < 2; times++) {
      expect(() => frames.read(...body('{"list":', "[]", "}"))).toThrow('no {"list":[]}');
    }
    expect(frames.listStart(Buffer.from('{"list":[]}'))).toBe(-1);
    expect(() => frames.around("{}")).toThrow("no {}");
  });
});
