import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { requestBody } from "../bodies.ts";
import { checkStream } from "../checks.ts";
import type { Again, StreamsReport, StreamsOrder } from "../load/order.ts";
import { writePace, type Pace } from "../mock/pace.ts";
import { run } from "../processes.ts";
import type { MockArgv, Started } from "../turns.ts";
import { wrk } from "./wrk.ts";

/** A large young generation: a pause of load or mock would be read as the age of an event. */
export const nodeWithoutPauses: readonly string[] = [process.execPath, "--max-semi-space-size=64"];

/** The mock of the stream phases. */
export const streamsMock: MockArgv = async (port) => [
  ...nodeWithoutPauses,
  join(import.meta.dirname, "../mock/streams.ts"),
  String(port),
];

/** A request of 1 KB for a stream of this pace. */
function streamBody(pace: Pace): string {
  return requestBody(1000, { stream: true, user: writePace(pace) });
}

export async function writeStreamBody(folder: string, pace: Pace): Promise<string> {
  const file = join(folder, `stream-${Object.values(pace).join("-")}.json`);
  await writeFile(file, streamBody(pace));
  return file;
}

/** One stream of some events is asked for and compared with what the mock sent. */
export async function checkStreams(started: Started): Promise<void> {
  const pace = { events: 20, intervalMs: 5, eventsPerWrite: 1 };
  await checkStream(started, streamBody(pace), pace.events);
}

/** Full load of short streams, so that what a stream costs at its beginning and end is compiled, too. */
export async function warmStreams(started: Started, folder: string, seconds: number): Promise<void> {
  const file = await writeStreamBody(folder, { events: 20, intervalMs: 0, eventsPerWrite: 1 });
  await wrk(started, file, 32, seconds);
}

export interface StreamLoad {
  readonly pace: Pace;
  readonly streams: number;
  /** Time over which the streams are opened, ms. */
  readonly rampMs: number;
  readonly again?: Again;
}

/** Opens streams at a steady rate and reads them to their end; `onOpen` is told when all are open. */
export async function streamLoad(
  started: Started,
  folder: string,
  { pace, streams, rampMs, again }: StreamLoad,
  onOpen: () => void = () => {},
): Promise<StreamsReport> {
  const order: StreamsOrder = {
    port: started.port,
    headers: started.headers,
    bodyFile: await writeStreamBody(folder, pace),
    streams,
    rampMs,
    timeoutMs: rampMs + pace.events * pace.intervalMs + 20_000,
    events: pace.events,
    ...(again === undefined ? {} : { again }),
  };
  const file = join(import.meta.dirname, "../load/streams.ts");
  const out = await run([...nodeWithoutPauses, file, JSON.stringify(order)], {
    timeoutMs: order.timeoutMs + 15_000,
    onLine: (line) => {
      if (line === "open") onOpen();
    },
  });
  return JSON.parse(out) as StreamsReport;
}
