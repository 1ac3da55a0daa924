import { describe, expect, it } from "vitest";
import { TurnBytes } from "../../../src/proxy/turns/turn-bytes.ts";
import type { Recorder } from "../../../src/proxy/turns/turn-watchers.ts";

const piece = Buffer.from("0123456789abcdef".repeat(64));

/** Who has written all that it was given, and reads it back once it may. */
class Written implements Recorder {
  readonly isReadable = true;
  readonly partial = null;
  position = Infinity;
  reads = 0;
  /** Null: it cannot be read. */
  bytes: Buffer | null = Buffer.alloc(0);
  readonly may = Promise.withResolvers<void>();

  more(): void {}
  written(): Promise<void> {
    return Promise.resolve();
  }
  async readBack(bytes: number): Promise<Uint8Array | null> {
    this.reads++;
    await this.may.promise;
    return this.bytes?.subarray(0, bytes) ?? null;
  }
}

function bytesOf(pieces: number): { bytes: TurnBytes; written: Written; kept: () => number; whole: Buffer } {
  let kept = 0;
  const bytes = new TurnBytes((more) => (kept += more));
  for (let at = 0; at < pieces; at++) bytes.append(piece);
  const written = new Written();
  const whole = Buffer.concat(Array.from({ length: pieces }, () => piece));
  written.bytes = whole;
  return { bytes, written, kept: () => kept, whole };
}

describe("the bytes of an answer that are kept", () => {
  it("are many where there are more than who comes soon needs here", () => {
    const { bytes } = bytesOf(8);
    expect(bytes.areMany).toBe(false);
    bytes.append(Buffer.from("x"));
    expect(bytes.areMany).toBe(true);
  });

  it("are not here once they were let go, and are again once somebody came for them", async () => {
    const { bytes, written, kept, whole } = bytesOf(100);
    bytes.forget(90_000);
    expect(bytes.isHere).toBe(false);
    expect(kept()).toBeLessThan(40_000);
    const [first, second] = [bytes.fetchBack(written), bytes.fetchBack(written)];
    bytes.append(Buffer.from("more"));
    written.may.resolve();
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(written.reads).toBe(1);
    expect(bytes.text()).toBe(`${whole.toString()}more`);
    expect([kept(), bytes.isHere, bytes.areMany]).toEqual([whole.length + 4, true, false]);
    expect(await bytes.fetchBack(null)).toBe(true);
  });

  it("are fetched anew by who comes when they were let go again", async () => {
    const { bytes, written } = bytesOf(100);
    written.may.resolve();
    for (const reads of [1, 2]) {
      bytes.forget(90_000);
      expect(await bytes.fetchBack(written)).toBe(true);
      expect([written.reads, bytes.isHere]).toEqual([reads, true]);
    }
    bytes.forget(90_000);
    bytes.letGo();
    expect(await bytes.fetchBack(written)).toBe(false);
    expect(() => bytes.from(0)[Symbol.iterator]().next()).toThrow("let go");
    expect(() => bytes.bytesFrom(0)).toThrow("a part of the answer was let go");
  });

  it.each([
    ["nobody has written them", null],
    ["they cannot be read", "unreadable"],
  ])("are let go for good where %s", async (_why, by) => {
    const { bytes, written } = bytesOf(100);
    bytes.forget(90_000);
    written.bytes = null;
    written.may.resolve();
    expect(await bytes.fetchBack(by === null ? null : written)).toBe(false);
    expect([bytes.isKept, bytes.isHere]).toEqual([false, false]);
    expect(() => bytes.text()).toThrow("a part of the answer was let go");
  });

  it("stay let go where that was done while they were fetched", async () => {
    const { bytes, written } = bytesOf(100);
    bytes.forget(90_000);
    const fetching = bytes.fetchBack(written);
    bytes.letGo();
    bytes.forget(95_000);
    written.may.resolve();
    expect(await fetching).toBe(false);
    expect(bytes.isHere).toBe(false);
  });
});
