import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

describe("deadlines and retries in the configuration", () => {
  it("are taken as they are written", async () => {
    const { deadlines, upstreamRetries, timeouts } = await configOf(
      "deadlines: { mode: report, totalSeconds: 60, wholeSeconds: 0, marginPercent: 20 }\n" +
        "upstreamRetries: { attemptsMax: 0, statuses: [429, 529] }\n" +
        "timeouts: { totalMs: 900000 }",
    );
    expect(deadlines).toMatchObject({ mode: "report", totalSeconds: 60, wholeSeconds: 0, marginPercent: 20 });
    expect(upstreamRetries).toMatchObject({ attemptsMax: 0, statuses: [429, 529], delayMs: 500 });
    expect(timeouts).toMatchObject({ totalMs: 900_000, firstTokenMs: 600_000 });
  });

  it("are refused where they make no sense", async () => {
    expect(
      await faultLines(
        "deadlines: { marginPercent: 60 }\nupstreamRetries: { statuses: [400], attemptsMax: 11 }",
      ),
    ).toEqual([
      "1:29 deadlines.marginPercent | an integer from 0 to 50 | 60",
      "2:31 upstreamRetries.statuses[0] | one of 408, 409, 429, 500, 502, 503, 504, 529 | 400",
      "2:50 upstreamRetries.attemptsMax | an integer from 0 to 10 | 11",
    ]);
    expect(await faultLines("deadlines: { marginSecondsMin: 20 }")).toEqual([
      "1:32 deadlines.marginSecondsMin | at most 10, because deadlines.marginSecondsMax is 10 | 20 | No margin is " +
        "more than the one and less than the other.",
    ]);
  });
});
