import { expect, it } from "vitest";
import { turnTerms } from "../../src/config/turn-terms.ts";
import { configOf } from "./loading.ts";

it("tells the engine of turns in its own units", async () => {
  const config = await configOf(
    "turns: { mode: enforce, graceSeconds: 5, streamGraceSeconds: 2, keptBytesMax: 7 }\nrun: { replayHours: 3 }",
  );
  expect(turnTerms(config)).toMatchObject({
    mode: "enforce",
    graceMs: 5000,
    streamGraceMs: 2000,
    keptBytesMax: 7,
    upstreamStreaming: "auto",
    onPartial: "attach",
    replayMs: 10_800_000,
    detectedAttempts: "report",
    onDivergence: "pause",
  });
});
