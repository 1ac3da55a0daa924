import { describe, expect, it } from "vitest";
import { reportOnce } from "../../src/proxy/report-once.ts";
import { collectGarbage } from "./support/collect-garbage.ts";
import { recordedLog } from "./support/recorded-log.ts";

/** What of the heap is reachable. */
function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe("what guards report", () => {
  it("is said once for each subject and sentence", () => {
    const { log, entries } = recordedLog();
    const report = reportOnce(log);
    for (const subject of ["a", "b", "a"]) report(subject, "is broken");
    report("a", "is whole again");
    expect(entries.map(({ fields }) => fields)).toEqual([
      { subject: "a", sentence: "is broken" },
      { subject: "b", sentence: "is broken" },
      { subject: "a", sentence: "is whole again" },
    ]);
  });

  it("is remembered for thousands of subjects, in little memory however long their names are", () => {
    let said = 0;
    const report = reportOnce({ ...recordedLog().log, warn: () => void said++ });
    const long = "m".repeat(100_000);
    const subjectAt = (index: number): string => Buffer.from(`${index} ${long}`).toString("latin1");
    const before = heapBytes();
    for (let index = 0; index < 2_000; index++) report(subjectAt(index), "is not known");
    expect(heapBytes() - before).toBeLessThan(20_000_000);
    for (let index = 0; index < 2_000; index++) report(subjectAt(index), "is not known");
    expect(said).toBe(2_000);
  });

  it("is forgotten, and may be said again, beyond ten thousand subjects", () => {
    let said = 0;
    const report = reportOnce({ ...recordedLog().log, warn: () => void said++ });
    for (let index = 0; index <= 10_000; index++) report(String(index), "is not known");
    report("0", "is not known");
    expect(said).toBe(10_002);
  });
});
