import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Recording } from "../../../src/proxy/turns/recording.ts";

/** Answers come in few long pieces, or in many short ones. */
const pieces = fc.oneof(
  fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 200 }),
  fc.array(fc.uint8Array({ minLength: 0, maxLength: 6000, size: "max" }), { maxLength: 12 }),
);

const small = fc.array(fc.uint8Array({ minLength: 1, maxLength: 2500, size: "max" }), { maxLength: 20 });

describe("the bytes of an answer", () => {
  it("are given from any place on, however they came", () => {
    fc.assert(
      fc.property(pieces, fc.nat(), (all, seed) => {
        const recording = new Recording();
        for (const piece of all) recording.append(piece);
        const whole = Buffer.concat(all);
        const from = seed % (whole.length + 2);
        expect(recording.length).toBe(whole.length);
        expect(Buffer.concat([...recording.from(from)])).toEqual(whole.subarray(from));
        expect(Buffer.from(recording.whole())).toEqual(whole);
        expect(Buffer.from(recording.viewFrom(from))).toEqual(whole.subarray(from));
      }),
    );
  });

  it("are given from where somebody still is, when what is before it was let go", () => {
    fc.assert(
      fc.property(pieces, fc.array(fc.nat(), { maxLength: 5 }), (all, seeds) => {
        const recording = new Recording();
        const whole = Buffer.concat(all);
        let position = 0;
        let kept = 0;
        for (const [index, piece] of all.entries()) {
          recording.append(piece);
          kept += piece.byteLength;
          const seed = seeds[index];
          if (seed === undefined) continue;
          position += recording.length === position ? 0 : seed % (recording.length - position);
          kept -= recording.forget(position);
          expect(recording.kept).toBe(kept);
        }
        expect(Buffer.concat([...recording.from(position)])).toEqual(whole.subarray(position));
        recording.forget(Infinity);
        expect([recording.kept, recording.length]).toEqual([0, whole.length]);
      }),
    );
  });

  it("stay as they are where somebody has them, whatever comes in their place", () => {
    fc.assert(
      fc.property(small, fc.array(fc.nat(), { minLength: 5, maxLength: 30 }), (all, seeds) => {
        const recording = new Recording();
        const whole = Buffer.concat(all);
        const given: (readonly [at: number, bytes: Uint8Array])[] = [];
        for (const [index, piece] of all.entries()) {
          recording.append(piece);
          const seed = seeds[index % seeds.length] as number;
          let at = recording.length - (seed % (recording.kept + 1));
          for (const bytes of recording.from(at)) {
            given.push([at, bytes]);
            at += bytes.byteLength;
          }
          if (seed % 3 === 0) recording.forget(recording.length - (seed % 5000));
        }
        const changed = given.filter(
          ([at, bytes]) => !whole.subarray(at, at + bytes.byteLength).equals(bytes),
        );
        expect(changed).toHaveLength(0);
      }),
      // To find the shortest answer takes minutes.
      { endOnFailure: true },
    );
  });

  it("are seen where they are as long as they are in one piece, and stay as they are until they are let go", () => {
    const recording = new Recording();
    recording.append(Buffer.from("one "));
    const concat = vi.spyOn(Buffer, "concat");
    const view = recording.viewFrom(0);
    for (let i = 0; i < 2000; i++) recording.append(Buffer.from("more "));
    expect(concat).not.toHaveBeenCalled();
    concat.mockRestore();
    expect(Buffer.from(view).toString()).toBe("one ");
  });

  it("use the same storage again once all of it was let go", () => {
    const recording = new Recording();
    const allocating = vi.spyOn(Buffer, "allocUnsafeSlow");
    for (let i = 0; i < 1000; i++) {
      recording.append(Buffer.alloc(400, i));
      expect(recording.forget(Infinity)).toBe(400);
    }
    expect(allocating).toHaveBeenCalledTimes(1);
    allocating.mockRestore();
  });

  it("are copied only as far as somebody takes them", () => {
    const recording = new Recording();
    for (let i = 0; i < 1000; i++) recording.append(Buffer.alloc(1000, i));
    const copying = vi.spyOn(Uint8Array, "from");
    for (const piece of recording.from(500_000)) {
      expect(piece.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(copying).toHaveBeenCalledTimes(1);
    copying.mockRestore();
  });

  it("do not keep a buffer for each small piece", () => {
    const recording = new Recording();
    for (let i = 0; i < 1000; i++) recording.append(Buffer.from(`event ${i}\n`));
    expect([...recording.from(0)].length).toBeLessThan(70);
    expect(recording.text()).toMatch(/^event 0\nevent 1\n[^]*event 999\n$/);
  });

  it("are the very ones that came where they came in one piece", () => {
    const recording = new Recording();
    const long = Buffer.alloc(100_000);
    recording.append(long);
    expect(recording.whole()).toBe(long);
    expect([...recording.from(0)][0]).toBe(long);
  });
});
