import { describe, expect, it } from "vitest";
import { bars, barsTable, judge, type Bar } from "../../bench/bars.ts";
import { phaseNames, readOptions, scenarioName, sizeNames } from "../../bench/options.ts";
import { subjects } from "../../bench/subjects.ts";
import { cellsOf } from "./cells.ts";

const place = { phase: "throughput", scenario: "1k", subject: "without" };
const ratio: Bar = { ...place, figure: "requestsPerSecond", compared: "over", to: "bare", least: 0.85 };
const bare = cellsOf({ ...place, subject: "bare" }, "requestsPerSecond", [100, 200, 300]);

describe("a bar on a ratio", () => {
  it("is judged by the ratio of the medians; its range is that of the repeats", () => {
    const outcome = judge(ratio, [...bare, ...cellsOf(place, "requestsPerSecond", [90, 180, 240])]);
    expect(outcome).toMatchObject({ value: 0.9, range: [0.8, 0.9], errors: 0, isReached: true });
  });

  it("is reached exactly at its value, and not below", () => {
    const at = (rate: number) => judge(ratio, [...bare, ...cellsOf(place, "requestsPerSecond", [rate])]);
    expect(at(170).isReached).toBe(true);
    expect(at(169).isReached).toBe(false);
  });

  it("is not reached where the other one was not measured", () => {
    const outcome = judge(ratio, cellsOf(place, "requestsPerSecond", [1000]));
    expect(outcome.value).toBeNaN();
    expect(outcome.isReached).toBe(false);
  });

  it.each(["without", "bare"])("is not reached when there were errors in the cells of %s", (subject) => {
    const cells = [...bare, ...cellsOf(place, "requestsPerSecond", [500, 500, 500])].map((cell) =>
      cell.subject === subject && cell.repeat === 1 ? { ...cell, errors: 3 } : cell,
    );
    expect(judge(ratio, cells)).toMatchObject({ value: 2.5, errors: 3, isReached: false });
  });
});

describe("a bar on a machine that others use", () => {
  const disturbing = (subject: string, share: number, figure: "disturbedSubject" | "disturbedLoad") =>
    [...bare, ...cellsOf(place, "requestsPerSecond", [200, 200, 200])].map((cell) => ({
      ...cell,
      figures: { ...cell.figures, [figure]: cell.subject === subject ? share : 0 },
    }));

  it.each(["without", "bare"])("is not judged when they took the time of %s", (subject) => {
    const outcome = judge(ratio, disturbing(subject, 0.4, "disturbedSubject"));
    expect(outcome).toMatchObject({ value: 1, disturbed: 0.4, isDisturbed: true, isReached: false });
    expect(barsTable([outcome], {})).toContain("DISTURBED, other programs took 40 % of the time");
    expect(judge(ratio, disturbing(subject, 0.1, "disturbedSubject")).isReached).toBe(true);
  });

  it("is judged when a load that has time to spare had to wait for them", () => {
    expect(judge(ratio, disturbing("bare", 0.4, "disturbedLoad")).isReached).toBe(true);
  });

  it.each(["disturbedSubject", "disturbedLoad"])("stands more where the core is idle (%s)", (figure) => {
    const first: Bar = { ...place, figure: "firstEventP50Us", compared: "above", to: "bare", most: 1 };
    const cells = (share: number) =>
      ["without", "bare"]
        .flatMap((subject) => cellsOf({ ...place, subject }, "firstEventP50Us", [1500]))
        .map((cell) => ({ ...cell, figures: { ...cell.figures, [figure]: share } }));
    expect(judge(first, cells(0.4)).isReached).toBe(true);
    expect(judge(first, cells(0.6))).toMatchObject({ isDisturbed: true, isReached: false });
  });

  it("is judged all the same where the clock has no part in it", () => {
    const cpu: Bar = { ...ratio, figure: "cpuUsPerEvent", most: 1.2 };
    const cells = [
      ...cellsOf({ ...place, subject: "bare" }, "cpuUsPerEvent", [4]),
      ...cellsOf(place, "cpuUsPerEvent", [4.4]),
    ].map((cell) => ({ ...cell, figures: { ...cell.figures, disturbedSubject: 0.5 } }));
    expect(judge(cpu, cells)).toMatchObject({ isDisturbed: false, isReached: true });
  });
});

describe("other bars", () => {
  it("set a difference in milliseconds", () => {
    const bar: Bar = { ...place, figure: "firstEventP50Us", compared: "above", to: "bare", most: 1 };
    const first = (us: number) => [
      ...cellsOf({ ...place, subject: "bare" }, "firstEventP50Us", [1500]),
      ...cellsOf(place, "firstEventP50Us", [us]),
    ];
    expect(judge(bar, first(2500))).toMatchObject({ value: 1, isReached: true });
    expect(judge(bar, first(2600))).toMatchObject({ value: 1.1, isReached: false });
  });

  it("set a difference in the figure's own unit", () => {
    const bar: Bar = { ...place, figure: "kibPerStream", compared: "beyond", to: "bare", most: 60 };
    const held = (kib: number) => [
      ...cellsOf({ ...place, subject: "bare" }, "kibPerStream", [20]),
      ...cellsOf(place, "kibPerStream", [kib]),
    ];
    expect(judge(bar, held(80))).toMatchObject({ value: 60, isReached: true });
    expect(judge(bar, held(81))).toMatchObject({ value: 61, isReached: false });
  });

  it("set a figure by itself", () => {
    const bar: Bar = { ...place, figure: "kibPerStream", compared: "alone", to: null, most: 60 };
    expect(judge(bar, cellsOf(place, "kibPerStream", [59, 61, 60]))).toMatchObject({
      value: 60,
      range: [59, 61],
      isReached: true,
    });
    expect(judge(bar, cellsOf(place, "kibPerStream", [61])).isReached).toBe(false);
  });
});

describe("the bars of the project", () => {
  const options = readOptions(
    [],
    subjects.map(({ name }) => name),
  );

  it("are about subjects, phases and scenarios that a full run has", () => {
    const names = subjects.map(({ name }) => name);
    const scenarios: Readonly<Record<string, readonly string[]>> = {
      throughput: [...sizeNames],
      streams: ["200 events, one a write", "200 events, eight a write"],
      "first-event": ["20 streams/s"],
      concurrent: options.concurrent.map(scenarioName),
    };
    for (const bar of bars) {
      expect(phaseNames).toContain(bar.phase);
      expect(scenarios[bar.phase]).toContain(bar.scenario);
      expect(names).toContain(bar.subject);
      expect(names).toContain(bar.to ?? bar.subject);
      expect(bar.to === null).toBe(bar.compared === "alone");
      expect([bar.least, bar.most].filter((limit) => limit !== undefined)).toHaveLength(1);
    }
  });

  it("hold both subjects to every promise on streams, and every size to throughput", () => {
    const count = (part: Partial<Bar>): number =>
      bars.filter((bar) => Object.entries(part).every(([key, value]) => bar[key as keyof Bar] === value))
        .length;
    expect(count({ phase: "throughput", subject: "without", to: "bare" })).toBe(3);
    expect(count({ phase: "throughput", subject: "with", to: "bare" })).toBe(1);
    expect(count({ phase: "throughput", to: "portkey" })).toBe(3);
    for (const subject of ["without", "with"]) {
      expect(count({ subject, phase: "concurrent" })).toBe(6);
      expect(count({ subject, phase: "first-event" })).toBe(1);
      expect(count({ subject, figure: "cpuUsPerEvent", to: "bare" })).toBe(1);
      expect(count({ subject, to: "rust" })).toBe(1);
    }
  });
});

describe("the table of bars", () => {
  it("says what was measured beside what was promised, and why a bar is not reached", () => {
    const outcomes = [
      judge(ratio, [...bare, ...cellsOf(place, "requestsPerSecond", [90, 180, 270])]),
      judge({ ...ratio, least: 0.95 }, [...bare, ...cellsOf(place, "requestsPerSecond", [90, 180, 270])]),
      judge({ ...ratio, to: "portkey" }, bare),
      judge({ ...ratio, to: null, compared: "alone" }, cellsOf(place, "requestsPerSecond", [1000], 4)),
    ];
    const lines = barsTable(outcomes, { without: "longstop without posts" }).split("\n");
    expect(lines[1]).toMatch(
      /^longstop without posts {2}throughput, 1k {2}req\/s ÷ bare +≥ 0.85 +0.90 +0.90 to 0.90 +reached$/,
    );
    expect(lines[2]).toMatch(/≥ 0.95 .* NOT REACHED$/);
    expect(lines[3]).toMatch(/– +– +NOT MEASURED$/);
    expect(lines[4]).toMatch(/NOT REACHED, 4 errors$/);
  });
});
