import { describe, expect, it } from "vitest";
import { readWrkReport } from "../../../bench/phases/wrk.ts";

const line = '{"requests":600,"durationUs":2000000,"p50Us":1500,"p99Us":9000,"errors":0}';

describe("what wrk reports", () => {
  it("is the last line, after those that wrk prints itself", () => {
    expect(readWrkReport(`Running 2s test\n  Requests/sec: 300\n${line}\n`)).toEqual({
      requests: 600,
      durationUs: 2_000_000,
      p50Us: 1500,
      p99Us: 9000,
      errors: 0,
    });
  });

  it("is an error when no answer came at all", () => {
    expect(readWrkReport(line.replace("600", "0")).errors).toBe(1);
  });
});
