import type { Config } from "./config.ts";

const hourMs = 3_600_000;

/** What the engine is told of turns and of the runs that they belong to, times in ms. */
export function turnTerms({ turns, run }: Pick<Config, "turns" | "run">) {
  return {
    mode: turns.mode,
    graceMs: turns.graceSeconds * 1000,
    streamGraceMs: turns.streamGraceSeconds * 1000,
    keptBytesMax: turns.keptBytesMax,
    upstreamStreaming: turns.upstreamStreaming,
    onPartial: turns.onPartial,
    replayMs: run.replayHours * hourMs,
    detectedAttempts: run.detectedAttempts,
    onDivergence: run.onDivergence,
  };
}
