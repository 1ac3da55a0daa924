import type { Config } from "./config.ts";
import { writeMs } from "./units.ts";

/** How long clients are let wait, and when a model is asked once more: one sentence each. */
export function deadlineLines({ deadlines, upstreamRetries }: Config): readonly string[] {
  return [...clientLines(deadlines), ...retryLines(upstreamRetries)];
}

function clientLines(deadlines: Config["deadlines"]): readonly string[] {
  const { mode, totalSeconds, wholeSeconds, marginPercent, marginSecondsMin, marginSecondsMax } = deadlines;
  if (mode === "off") return ["off: clients wait for as long as the upstream takes"];
  const margin =
    `${marginPercent} % before its limit, at least ${writeMs(marginSecondsMin * 1000)} and at most ` +
    writeMs(marginSecondsMax * 1000);
  return [
    mode === "enforce"
      ? `enforce: a client hears from the gateway ${margin}`
      : `report: said when a client would have heard from the gateway, ${margin}`,
    wholeSeconds === 0
      ? "one document may take as long as the client says"
      : `whoever asks for one document hears after ${writeMs(wholeSeconds * 1000)} at most`,
    totalSeconds === 0
      ? "who does not say how long it waits has no other limit"
      : `who does not say how long it waits has ${writeMs(totalSeconds * 1000)}`,
  ];
}

function retryLines({ attemptsMax, statuses }: Config["upstreamRetries"]): readonly string[] {
  if (attemptsMax === 0) return ["a model is never asked once more by the gateway itself"];
  const also = statuses.length === 0 ? "" : `, or was answered with ${statuses.join(", ")},`;
  const times = attemptsMax === 1 ? "once" : `at most ${attemptsMax} times`;
  return [`a request to a model that was not sent${also} is made again ${times}`];
}
