import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { byReach, readWitness, Witness, witnessPath, type Testimony } from "../../src/ledger/witness.ts";

const at = (generation: number, ticks: number): Testimony => ({ identity: "a", generation, ticks, atMs: 5 });

describe("the file beside the database", () => {
  let folder: string;
  let path: string;
  let witness: Witness;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "longstop-witness-"));
    path = witnessPath(join(folder, "longstop.db"));
    witness = new Witness(path);
  });
  afterEach(() => {
    witness.close();
    rmSync(folder, { recursive: true });
  });

  it("has the database's name, is its owner's alone, and says nothing until it is told", () => {
    expect(path).toMatch(/longstop\.db\.generation$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readWitness(path)).toBeNull();
    expect(readWitness(join(folder, "none"))).toBeNull();
  });

  it("says the farthest that it was told", () => {
    witness.begin(at(1, 0));
    for (let ticks = 1; ticks < 10; ticks += 1) {
      witness.write(at(1, ticks));
      expect(readWitness(path)).toEqual(at(1, ticks));
    }
    witness.begin(at(2, 9));
    expect(readWitness(path)).toEqual(at(2, 9));
  });

  it("says what it said before where the last write was cut, anywhere in it", () => {
    witness.begin(at(1, 1));
    witness.write(at(1, 2));
    const before = readFileSync(path);
    witness.write(at(1, 3));
    const after = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(4096 + 511), (cut) => {
        writeFileSync(path, Buffer.concat([after.subarray(0, cut), before.subarray(cut)]));
        expect([2, 3]).toContain(readWitness(path)?.ticks);
      }),
    );
  });

  it("says nothing where both of its places are damaged", () => {
    witness.begin(at(1, 1));
    const bytes = readFileSync(path);
    for (const offset of [0, 4096]) bytes[offset + 20] = (bytes[offset + 20] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(readWitness(path)).toBeNull();
    truncateSync(path, 0);
    expect(readWitness(path)).toBeNull();
  });

  it("goes on from what is there", () => {
    witness.begin(at(1, 5));
    witness.close();
    witness = new Witness(path);
    expect(readWitness(path)).toEqual(at(1, 5));
  });
});

it("reaches farther with a later generation, whatever was committed in an earlier one", () => {
  expect(byReach(at(2, 1), at(1, 900))).toBeGreaterThan(0);
  expect(byReach(at(2, 1), at(2, 2))).toBeLessThan(0);
  expect(byReach(at(2, 2), at(2, 2))).toBe(0);
});
