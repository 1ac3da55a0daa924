import { beforeAll, describe, expect, it } from "vitest";
import { readmeTables } from "./readme.ts";
import { repeatAll, type Repeated } from "./repeats.ts";
import { repeatsTable } from "./table.ts";

let repeats: readonly Repeated[] = [];
beforeAll(async () => {
  repeats = await repeatAll();
}, 60_000);

/** Longstop cannot yet see which decision of the model a call carries out, so under a run it takes these for one. */
const merged = new Set([
  "two equal calls in one turn of a run",
  "two equal calls in two turns of a run, irreversible",
]);

describe("a call that is meant again", () => {
  it("happens each time, whether it reads or writes, and whatever was refused before", () => {
    const others = repeats.filter(({ name }) => !merged.has(name));
    expect(others).toHaveLength(17);
    expect(others.filter(({ meant, happened }) => meant < 2 || happened !== meant)).toEqual([]);
  });

  it("is merged with the first one in two cases of a run", () => {
    const found = repeats.filter(({ name }) => merged.has(name));
    expect(found.map(({ meant, happened }) => [meant, happened])).toEqual([
      [2, 1],
      [2, 1],
    ]);
  });

  it("is counted in the README as it was counted here", () => {
    expect(repeatsTable(repeats)).toBe(readmeTables()[1]);
  });
});
