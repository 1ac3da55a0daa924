import { describe, expect, it } from "vitest";
import { cellsAt, medianAt } from "../../bench/cell.ts";
import { cellsOf } from "./cells.ts";

const place = { phase: "throughput", scenario: "1k", subject: "bare" };
const cells = [
  ...cellsOf(place, "requestsPerSecond", [10, 30, 20]),
  ...cellsOf({ ...place, scenario: "1m" }, "requestsPerSecond", [1]),
  ...cellsOf({ ...place, subject: "with" }, "requestsPerSecond", [2]),
  ...cellsOf({ ...place, phase: "latency" }, "requestsPerSecond", [3]),
];

describe("the cells of a run", () => {
  it("are found by phase, scenario and subject", () => {
    expect(cellsAt(cells, place).map(({ figures }) => figures.requestsPerSecond)).toEqual([10, 30, 20]);
  });

  it("give the median of their repeats, and no number for what was not measured", () => {
    expect(medianAt(cells, place, "requestsPerSecond")).toBe(20);
    expect(medianAt(cells, place, "cpuUsPerRequest")).toBeNaN();
    expect(medianAt(cells, { ...place, subject: "nginx" }, "requestsPerSecond")).toBeNaN();
  });
});
