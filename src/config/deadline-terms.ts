import type { Config } from "./config.ts";

/** The deadlines of a configuration in ms, where what it says is no limit is Infinity. */
export function deadlineTerms(deadlines: Config["deadlines"]) {
  const { mode, totalSeconds, wholeSeconds, marginPercent, marginSecondsMin, marginSecondsMax } = deadlines;
  return {
    mode,
    totalMs: totalSeconds === 0 ? Infinity : totalSeconds * 1000,
    wholeMs: wholeSeconds === 0 ? Infinity : wholeSeconds * 1000,
    marginPercent,
    marginMsMin: marginSecondsMin * 1000,
    marginMsMax: marginSecondsMax * 1000,
  };
}
