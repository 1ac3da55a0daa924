import type { Bar } from "../bars.ts";

/** What the stores are held to, at 64 connections. */
export const ledgerBars: readonly Bar[] = ["sqlite"].flatMap((subject): Bar[] => [
  {
    phase: "effects",
    scenario: "64 connections",
    subject,
    figure: "effectsPerSecond",
    compared: "over",
    to: "off",
    least: 0.5,
  },
  {
    phase: "effects",
    scenario: "64 connections",
    subject,
    figure: "loopDelayP99Ms",
    compared: "alone",
    to: null,
    most: 10,
  },
  // On a disk that syncs in no time nobody waits, and nothing gathers: there it is only shown.
  {
    phase: "syncs",
    scenario: "64 connections, 2 ms on each sync",
    subject,
    figure: "writesPerSync",
    compared: "alone",
    to: null,
    least: 10,
  },
]);
