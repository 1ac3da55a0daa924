import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { chooseCores, findCores, readCoreList } from "../../bench/cores.ts";

describe("a list of cores", () => {
  it.each([
    ["0-1\n", [0, 1]],
    ["0-2,5,7-8", [0, 1, 2, 5, 7, 8]],
    ["3", [3]],
    ["", []],
  ])("%j is %j", (text, cores) => {
    expect(readCoreList(text)).toEqual(cores);
  });
});

describe("the cores of a run", () => {
  it("are not two threads of one core where there is a choice", () => {
    const siblings = (core: number): readonly number[] => [core & ~1, core | 1];
    expect(chooseCores([0, 1, 2, 3], siblings)).toEqual({ subject: 0, load: 2 });
    expect(chooseCores([4, 5], siblings)).toEqual({ subject: 4, load: 5 });
    expect(chooseCores([2, 3], () => [])).toEqual({ subject: 2, load: 3 });
  });

  it("cannot be had of one", () => {
    expect(chooseCores([0], () => [0])).toBeNull();
  });

  it.runIf(process.platform === "linux" && availableParallelism() > 1)("are found on this machine", () => {
    const found = findCores();
    expect(found).not.toBeNull();
    expect(found?.subject).not.toBe(found?.load);
  });
});
