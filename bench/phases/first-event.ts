import type { Cell } from "../cell.ts";
import type { Options } from "../options.ts";
import { inTurns, measuredOn, type Bench, type TurnOptions } from "../turns.ts";
import { checkStreams, streamLoad, streamsMock, warmStreams } from "./stream-load.ts";

const streamsPerSecond = 20;
const pace = { events: 50, intervalMs: 20, eventsPerWrite: 1 };

/** How long the first text event takes on a server far from its limit: new streams at a fixed rate. */
export async function firstEvent(
  bench: Bench<TurnOptions & Pick<Options, "seconds" | "warmSeconds">>,
  phase = "first-event",
): Promise<Cell[]> {
  const { folder, options } = bench;
  const rampMs = options.seconds * 2 * 1000;
  const streams = Math.max(1, Math.round((rampMs / 1000) * streamsPerSecond));
  return inTurns(bench, phase, [
    {
      name: `${streamsPerSecond} streams/s`,
      mock: streamsMock,
      check: checkStreams,
      warm: async (one) => {
        await warmStreams(one, folder, options.warmSeconds);
        await streamLoad(one, folder, { pace: { ...pace, events: 10 }, streams: 600, rampMs: 3000 });
      },
      measure: async (one) => {
        const { outcome, cpuSeconds, figures } = await measuredOn(one, () =>
          streamLoad(one, folder, { pace, streams, rampMs }),
        );
        const { errors, faults, firstEventP50Us, firstEventP99Us, ageP50Us, ageP99Us } = outcome;
        const cpuUsPerEvent = (cpuSeconds * 1e6) / Math.max(1, outcome.events);
        return {
          errors,
          faults,
          figures: {
            ...figures,
            firstEventP50Us,
            firstEventP99Us,
            ageP50Us,
            ageP99Us,
            eventsLost: outcome.eventsExpected - outcome.events,
            ...(one.pid === null ? {} : { cpuUsPerEvent }),
          },
        };
      },
    },
  ]);
}
