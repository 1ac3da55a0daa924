import type { Cell } from "../cell.ts";
import { scenarioName, type Options } from "../options.ts";
import { cpuSeconds, rssMiB, treeOf } from "../proc.ts";
import { afresh, measuredOn, type Bench, type Scenario, type Started, type TurnOptions } from "../turns.ts";
import { checkStreams, streamLoad, streamsMock, warmStreams, type StreamLoad } from "./stream-load.ts";

/** New streams a second while they are opened: a fleet of agents that starts at once. */
const opensPerSecond = 800;
const sampleEveryMs = 250;
/** How long all streams are open at least: memory is read in that time. */
const allOpenMs = 3000;

/** What a subject holds at one moment. */
interface Sample {
  readonly atMs: number;
  readonly rssMiB: number;
  readonly cpuSeconds: number;
}

type ConcurrentOptions = TurnOptions & Pick<Options, "concurrent" | "warmSeconds" | "holdSeconds">;

/** Many slow streams at a time: what each costs in memory, and how late its events are. */
export async function concurrent(bench: Bench<ConcurrentOptions>, phase = "concurrent"): Promise<Cell[]> {
  const { folder, options } = bench;
  const scenarios = options.concurrent.map((wanted): Scenario => {
    const { streams, intervalMs } = wanted;
    const rampMs = (streams / opensPerSecond) * 1000;
    const holdMs = Math.max(options.holdSeconds * 1000, rampMs + allOpenMs);
    const events = Math.ceil(holdMs / intervalMs);
    // Behind the full load a tenth of the streams at ten times the pace: the heap finds its size at the rate
    // of events that is measured, so that what grows afterwards belongs to the number of streams.
    const warmIntervalMs = Math.max(5, Math.round(intervalMs / 10));
    const warming = {
      pace: { events: Math.round(3000 / warmIntervalMs), intervalMs: warmIntervalMs, eventsPerWrite: 1 },
      streams: Math.ceil(streams / 10),
      rampMs: rampMs / 10,
    };
    return {
      name: scenarioName(wanted),
      mock: streamsMock,
      check: checkStreams,
      warm: async (one) => {
        await warmStreams(one, folder, options.warmSeconds);
        await streamLoad(one, folder, warming);
      },
      measure: (one) =>
        measure(one, folder, { pace: { events, intervalMs, eventsPerWrite: 1 }, streams, rampMs }),
    };
  });
  return afresh(bench, phase, scenarios);
}

async function measure(
  one: Started,
  folder: string,
  load: StreamLoad,
): Promise<Pick<Cell, "errors" | "faults" | "figures">> {
  const pids = one.pid === null ? [] : treeOf(one.pid);
  const sample = (): Sample => ({
    atMs: performance.now(),
    rssMiB: rssMiB(pids),
    cpuSeconds: cpuSeconds(pids),
  });
  const idle = sample();
  const samples: Sample[] = [];
  const firstEndsMs = performance.now() + (load.pace.events - 1) * load.pace.intervalMs;
  let timer: NodeJS.Timeout | undefined;
  const whileAllAreOpen = (): void => {
    timer = setInterval(() => {
      if (performance.now() < firstEndsMs) samples.push(sample());
    }, sampleEveryMs);
  };
  const {
    outcome,
    cpuSeconds: cpu,
    figures,
  } = await measuredOn(one, async () => {
    try {
      return await streamLoad(one, folder, load, whileAllAreOpen);
    } finally {
      clearInterval(timer);
    }
  });
  const { errors, faults, events, eventsExpected, firstEventP50Us, firstEventP99Us, ageP50Us, ageP99Us } =
    outcome;
  return {
    errors,
    faults,
    figures: {
      ...figures,
      firstEventP50Us,
      firstEventP99Us,
      ageP50Us,
      ageP99Us,
      eventsLost: eventsExpected - events,
      ...(one.pid === null ? {} : { cpuUsPerEvent: (cpu * 1e6) / Math.max(1, events) }),
      ...(one.pid === null ? {} : steadyFigures(idle, samples, load.streams)),
    },
  };
}

/** Memory and CPU between the opening of the last stream and the end of the first. */
export function steadyFigures(
  idle: Sample,
  samples: readonly Sample[],
  streams: number,
): Pick<Cell["figures"], "kibPerStream" | "rssMiB" | "subjectCores"> {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return {};
  const peakMiB = Math.max(...samples.map((one) => one.rssMiB));
  return {
    kibPerStream: (Math.max(0, peakMiB - idle.rssMiB) * 1024) / streams,
    rssMiB: peakMiB,
    ...(first === last
      ? {}
      : { subjectCores: (last.cpuSeconds - first.cpuSeconds) / ((last.atMs - first.atMs) / 1000) }),
  };
}
