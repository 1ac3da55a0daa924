import { describe, expect, it } from "vitest";
import { machineLines } from "../../bench/machine.ts";

describe("what a run was measured on", () => {
  it("is said with hardware, commit and every version", () => {
    const versions = { node: "26.10.0", nginx: "none" };
    const machine = { cpu: "EPYC", cores: 2, memoryGiB: 24, kernel: "6.18", commit: "abc1234+", versions };
    expect(machineLines(machine)).toBe(
      "2 × EPYC, 24 GiB, Linux 6.18; commit abc1234+\nnode 26.10.0, nginx none",
    );
  });
});
