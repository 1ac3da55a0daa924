import * as fc from "fast-check";
import { expect, it } from "vitest";
import { makeSharedBytes, SharedBytes } from "../../../src/ledger/sqlite/shared-bytes.ts";

const of = (size: number): SharedBytes => new SharedBytes(new SharedArrayBuffer(size));

it("gives places that nobody else has, as long as there is room for them", () => {
  const act = fc.oneof(
    fc.record({ take: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ release: fc.nat(), isFirst: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
      const shared = of(100);
      let isRight = true;
      const held = new Map<number, { readonly place: Uint8Array; readonly written: number }>();
      acts.forEach((one, owner) => {
        if ("take" in one) {
          const place = shared.take(owner, one.take);
          isRight &&= place === null ? held.size > 0 : place.byteLength === one.take;
          place?.fill(owner);
          if (place !== null) held.set(owner, { place, written: owner % 256 });
        } else {
          const owners = [...held.keys()];
          const released = owners[one.isFirst ? 0 : one.release % owners.length];
          if (released !== undefined) shared.release(released);
          held.delete(released ?? -1);
        }
        isRight &&= [...held.values()].every(({ place, written }) => place.every((n) => n === written));
      });
      expect(isRight).toBe(true);
    }),
  );
});

it("is not used up, in whatever order places are let go", () => {
  const shared = of(100);
  for (let owner = 0; owner < 1000; owner += 3) {
    const all = [0, 1, 2].map((n) => shared.take(owner + n, 30));
    expect(all).not.toContain(null);
    expect(shared.take(-1, 30)).toBeNull();
    for (const n of [2, 0, 1]) shared.release(owner + n);
  }
});

it("takes a place again only where all that was taken before it is free", () => {
  const shared = of(100);
  shared.take(1, 50);
  shared.take(2, 50);
  shared.release(2);
  expect(shared.take(3, 50)).toBeNull();
  shared.release(1);
  expect(shared.take(3, 100)).toHaveLength(100);
});

it("never splits a place at the end of the memory", () => {
  const shared = of(100);
  shared.take(1, 40);
  shared.take(2, 40);
  shared.release(1);
  expect(shared.take(3, 30)?.byteOffset).toBe(0);
  expect(shared.take(4, 20)).toBeNull();
  shared.release(2);
  // What was left out at the end is taken as long as what comes behind it.
  expect(shared.take(5, 51)).toBeNull();
  expect(shared.take(5, 50)?.byteOffset).toBe(30);
});

it("has no place for what is longer than all of it, and gives nothing back that nobody took", () => {
  const shared = of(100);
  expect(shared.take(1, 101)).toBeNull();
  shared.release(1);
  shared.release(7);
  expect(shared.take(2, 100)).toHaveLength(100);
  expect(shared.take(3, 1)).toBeNull();
  expect(shared.take(4, 0)).toHaveLength(0);
});

it("has room for what the ledger's thread is told in many messages", () => {
  expect(makeSharedBytes().byteLength).toBeGreaterThanOrEqual(32 * 64 * 1024);
});
