import { describe, expect, it } from "vitest";
import { steadyFigures } from "../../../bench/phases/concurrent.ts";

const idle = { atMs: 0, rssMiB: 100, cpuSeconds: 1 };
const at = (atMs: number, rssMiB: number, cpuSeconds: number) => ({ atMs, rssMiB, cpuSeconds });

describe("what a subject holds while all streams are open", () => {
  it("is its growth over idle for each stream, at its peak, and its CPU in that time", () => {
    const samples = [at(1000, 150, 2), at(2000, 180, 2.5), at(3000, 160, 3)];
    expect(steadyFigures(idle, samples, 1024)).toEqual({ kibPerStream: 80, rssMiB: 180, subjectCores: 0.5 });
  });

  it("is not guessed when the streams were never all open at a time", () => {
    expect(steadyFigures(idle, [], 1024)).toEqual({});
    expect(steadyFigures(idle, [at(1000, 150, 2)], 1024)).toEqual({ kibPerStream: 50, rssMiB: 150 });
  });

  it("is never negative: a heap that shrank holds no stream in less than nothing", () => {
    expect(steadyFigures(idle, [at(1000, 90, 2)], 10)).toMatchObject({ kibPerStream: 0 });
  });
});
