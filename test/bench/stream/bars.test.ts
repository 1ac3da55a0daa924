import { describe, expect, it } from "vitest";
import { judge } from "../../../bench/bars.ts";
import { scenarioName } from "../../../bench/options.ts";
import { streamBars } from "../../../bench/stream/bars.ts";
import { readStreamOptions, streamPhases } from "../../../bench/stream/options.ts";
import { replicasName, replicaTitles } from "../../../bench/stream/replicas.ts";
import { turnTitles } from "../../../bench/stream/subjects.ts";
import { cellsOf } from "../cells.ts";

const { concurrent, followed } = readStreamOptions([]);

describe("the bars of recorded streams", () => {
  it("are about phases, scenarios and subjects that a full run has", () => {
    const scenarios: Readonly<Record<string, readonly string[]>> = {
      slow: concurrent.map(scenarioName),
      replicas: [replicasName(followed)],
    };
    const subjects: Readonly<Record<string, readonly string[]>> = {
      slow: Object.keys(turnTitles),
      replicas: Object.keys(replicaTitles),
    };
    for (const bar of streamBars) {
      expect(streamPhases).toContain(bar.phase);
      expect(scenarios[bar.phase]).toContain(bar.scenario);
      expect(subjects[bar.phase]).toContain(bar.subject);
      expect(subjects[bar.phase]).toContain(bar.to ?? bar.subject);
    }
    // Both numbers of streams are held to all three.
    expect(streamBars).toHaveLength(7);
  });

  it("are 1.3 times the CPU, 60 KiB a stream, no event lost, and 250 ms between replicas", () => {
    const [cpu, memory, lost] = streamBars;
    const delay = streamBars.at(-1);
    if (!cpu || !memory || !lost || !delay) throw new Error("bars are missing");
    const off = (value: number) => [
      ...cellsOf({ ...cpu, subject: "off" }, cpu.figure, [value]),
      ...cellsOf({ ...memory, subject: "off" }, memory.figure, [value]),
    ];
    const at = (bar: typeof cpu, value: number) =>
      judge(bar, [...off(40), ...cellsOf(bar, bar.figure, [value])]).isReached;
    expect([at(cpu, 52), at(cpu, 52.1)]).toEqual([true, false]);
    expect([at(memory, 100), at(memory, 100.1)]).toEqual([true, false]);
    expect([at(lost, 0), at(lost, 1)]).toEqual([true, false]);
    expect([at(delay, 250), at(delay, 250.1)]).toEqual([true, false]);
  });
});
