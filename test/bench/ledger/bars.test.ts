import { describe, expect, it } from "vitest";
import { judge } from "../../../bench/bars.ts";
import { ledgerBars } from "../../../bench/ledger/bars.ts";
import { ledgerPhases, readLedgerOptions } from "../../../bench/ledger/options.ts";
import { connectionsName, syncsName } from "../../../bench/ledger/phases.ts";
import { ledgerTitles, storeNames } from "../../../bench/ledger/subjects.ts";
import { cellsOf } from "../cells.ts";

const { connections, syncsMs } = readLedgerOptions([], storeNames);

describe("the bars of the ledger", () => {
  it("are about phases, scenarios and stores that a full run has", () => {
    const subjects = Object.keys(ledgerTitles);
    const scenarios: Readonly<Record<string, readonly string[]>> = {
      effects: connections.map(connectionsName),
      syncs: connections.flatMap((count) => syncsMs.map((addedMs) => syncsName(count, addedMs))),
    };
    for (const bar of ledgerBars) {
      expect(ledgerPhases).toContain(bar.phase);
      expect(scenarios[bar.phase]).toContain(bar.scenario);
      expect(subjects).toContain(bar.subject);
      expect(subjects).toContain(bar.to ?? bar.subject);
    }
    // PostgreSQL is on another machine in earnest: what it costs is shown, and held to nothing here.
    expect(new Set(ledgerBars.map(({ subject }) => subject))).toEqual(new Set(["sqlite"]));
    expect(ledgerBars).toHaveLength(3);
  });

  it("are half of the rate without effects, ten writes a sync, and 10 ms of the event loop", () => {
    const [rate, loop, sync] = ledgerBars;
    if (rate === undefined || loop === undefined || sync === undefined) throw new Error("bars are missing");
    const off = cellsOf({ ...rate, subject: "off" }, "effectsPerSecond", [1000]);
    const at = (value: number) =>
      judge(rate, [...off, ...cellsOf(rate, "effectsPerSecond", [value])]).isReached;
    expect([at(500), at(499)]).toEqual([true, false]);
    const alone = (bar: typeof loop, value: number) =>
      judge(bar, cellsOf(bar, bar.figure, [value])).isReached;
    expect([alone(loop, 10), alone(loop, 10.1)]).toEqual([true, false]);
    expect([alone(sync, 10), alone(sync, 9.9)]).toEqual([true, false]);
  });
});
