import type { Cell } from "../cell.ts";
import { rssMiB, treeOf } from "../proc.ts";
import { inTurns, measuredOn, type Bench } from "../turns.ts";
import { checkStreams, streamsMock, writeStreamBody } from "./stream-load.ts";
import { wrk } from "./wrk.ts";

const events = 200;
const connections = 32;

/** Streams whose events come in a burst, as fast as one core gives them. */
export async function streams(bench: Bench): Promise<Cell[]> {
  const bodyFile = await writeStreamBody(bench.folder, { events, intervalMs: 0 });
  return inTurns(bench, "streams", [
    {
      name: `${events} events`,
      mock: streamsMock,
      check: checkStreams,
      warm: (one) => wrk(one, bodyFile, connections, 2),
      measure: async (one) => {
        const { outcome, cpuSeconds, figures } = await measuredOn(one, () =>
          wrk(one, bodyFile, connections, bench.options.seconds),
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
      },
    },
  ]);
}
