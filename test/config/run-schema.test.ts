import { expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

it("is what runs are told by, and everything else is a fault", async () => {
  const { run } = await configOf("run: { detectedAttempts: enforce, onDivergence: continue }");
  expect(run).toEqual({ replayHours: 24, detectedAttempts: "enforce", onDivergence: "continue" });
  expect(await faultLines("run: { detectedAttempts: on, onDivergence: stop, replayHours: 0 }")).toEqual([
    expect.stringContaining("run.detectedAttempts"),
    expect.stringContaining("run.onDivergence"),
    expect.stringContaining("run.replayHours"),
  ]);
});
