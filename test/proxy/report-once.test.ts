import { describe, expect, it } from "vitest";
import { reportOnce } from "../../src/proxy/report-once.ts";
import { recordedLog } from "./support/recorded-log.ts";

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
});
