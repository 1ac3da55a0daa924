import type { Bar } from "../bars.ts";

/** What recording is held to, beside the same gateway without it. */
export const streamBars: readonly Bar[] = [
  ...["1,000 × 100 ms", "5,000 × 500 ms"].flatMap((scenario): Bar[] => {
    const place = { phase: "slow", scenario, subject: "on" };
    return [
      { ...place, figure: "cpuUsPerEvent", compared: "over", to: "off", most: 1.3 },
      { ...place, figure: "kibPerStream", compared: "beyond", to: "off", most: 60 },
      { ...place, figure: "eventsLost", compared: "alone", to: null, most: 0 },
    ];
  }),
  {
    phase: "replicas",
    scenario: "50 streams",
    subject: "other",
    figure: "chunkDelayP99Ms",
    compared: "alone",
    to: null,
    most: 250,
  },
];
