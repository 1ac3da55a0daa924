import type { Cell } from "../cell.ts";
import { rssMiB, treeOf } from "../proc.ts";
import { inTurns, measuredOn, type Bench, type Scenario, type Started } from "../turns.ts";
import { checkStreams, streamsMock, writeStreamBody } from "./stream-load.ts";
import { wrk } from "./wrk.ts";

const events = 200;
const connections = 32;

/**
 * How the mock writes a burst. Each event by itself is how providers send, and shows what an event costs;
 * but then the mock works as hard as the fastest subjects. Eight at a time leave it behind none.
 */
const writes = { "one a write": 1, "eight a write": 8 };

/** Streams whose events come in a burst, as fast as one core gives them. */
export async function streams(bench: Bench): Promise<Cell[]> {
  const scenarios: Scenario[] = [];
  for (const [words, eventsPerWrite] of Object.entries(writes)) {
    const bodyFile = await writeStreamBody(bench.folder, { events, intervalMs: 0, eventsPerWrite });
    scenarios.push({
      name: `${events} events, ${words}`,
      mock: streamsMock,
      check: checkStreams,
      warm: (one) => wrk(one, bodyFile, connections, bench.options.warmSeconds),
      measure: (one) => measure(one, bodyFile, bench.options.seconds),
    });
  }
  return inTurns(bench, "streams", scenarios);
}

async function measure(
  one: Started,
  bodyFile: string,
  seconds: number,
): Promise<Pick<Cell, "errors" | "figures">> {
  const { outcome, cpuSeconds, figures } = await measuredOn(one, () =>
    wrk(one, bodyFile, connections, seconds),
  );
  const { requests, durationUs, p50Us, p99Us, errors } = outcome;
  const cpuUsPerEvent = (cpuSeconds * 1e6) / Math.max(1, requests * events);
  return {
    errors,
    figures: {
      ...figures,
      streamsPerSecond: requests / (durationUs / 1e6),
      p50Us,
      p99Us,
      ...(one.pid === null ? {} : { cpuUsPerEvent, rssMiB: rssMiB(treeOf(one.pid)) }),
    },
  };
}
