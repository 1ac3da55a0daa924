import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Bar } from "../../bench/bars.ts";
import type { Cell } from "../../bench/cell.ts";
import { conclude, type Run } from "../../bench/conclude.ts";
import { readMachine } from "../../bench/machine.ts";

const place = { phase: "effects", scenario: "s", subject: "mine" };
const bar: Bar = { ...place, figure: "effectsPerSecond", compared: "alone", to: null, least: 100 };
const cell = (effectsPerSecond: number, more: Partial<Cell> = {}): Cell => ({
  ...place,
  repeat: 0,
  errors: 0,
  figures: { effectsPerSecond },
  ...more,
});

let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "longstop-bench-test-"));
  said = [];
  for (const name of ["log", "error"] as const)
    vi.spyOn(console, name).mockImplementation((line: unknown) => void said.push(String(line)));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function end(cells: readonly Cell[], more: Partial<Run["options"]> = {}, forgiven?: ReadonlySet<string>) {
  const options = { bars: true, isFull: true, json: null, ...more };
  const run = { cells, bars: [bar], titles: { mine: "My own" }, machine: readMachine([]), options };
  return conclude(forgiven === undefined ? run : { ...run, forgiven });
}

describe("the end of a bench", () => {
  it("is good where every bar is reached and nothing went wrong", async () => {
    expect(await end([cell(100)])).toBe(true);
    expect(said.join("\n")).toMatch(/My own .* reached/);
    expect(await end([cell(99)])).toBe(false);
    expect(await end([cell(99)], { bars: false })).toBe(true);
  });

  it("misses a bar that a full run has not measured, and none that was not meant", async () => {
    expect(await end([])).toBe(false);
    expect(await end([], { isFull: false })).toBe(true);
  });

  it("says in words what had errors, but for who may have them", async () => {
    const broken = cell(200, { phase: "other", errors: 2, faults: ["cut after 3 of 5 events"] });
    expect(await end([cell(100), broken])).toBe(false);
    expect(said.at(-1)).toBe("My own: 2 errors in other, s, repeat 1\n  cut after 3 of 5 events");
    expect(await end([cell(100), broken], {}, new Set(["mine"]))).toBe(true);
  });

  it("writes down every cell", async () => {
    const json = join(folder, "out.json");
    await end([cell(99)], { json });
    const written = JSON.parse(readFileSync(json, "utf8")) as Record<string, unknown>;
    expect(written).toMatchObject({ cells: [cell(99)], bars: [{ value: 99, isReached: false }] });
  });
});
