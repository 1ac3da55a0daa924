import type { Cell } from "../cell.ts";
import { startDatabase, type DatabaseServer } from "../ledger/database-server.ts";
import type { StreamsReport } from "../load/order.ts";
import { numberSign } from "../load/request-bytes.ts";
import { measured } from "../measure.ts";
import { checkStreams, streamLoad, streamsMock } from "../phases/stream-load.ts";
import { stop } from "../processes.ts";
import { startMock, startSubject, type Started } from "../turns.ts";
import type { StreamBench } from "./phases.ts";
import { replica } from "./subjects.ts";

/** Twenty events a second, for ten seconds. */
const pace = { events: 200, intervalMs: 50, eventsPerWrite: 1 };
const rampMs = 1000;
/** Its client leaves after so many of them, and asks again a moment later. */
const leftAfterEvents = 10;
const againAfterMs = 20;

/** For tables: where the retry is sent. */
export const replicaTitles = { same: "at the same gateway", other: "at the other one" } as const;
type Where = keyof typeof replicaTitles;

/**
 * Streams whose clients leave them and ask again, at the gateway that receives them or at another one: how old
 * events are that are born afterwards. Both gateways are on one core, their PostgreSQL on the load's.
 */
export async function replicas({ folder, options }: StreamBench): Promise<Cell[]> {
  const database = await startDatabase();
  const cells: Cell[] = [];
  try {
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      for (const where of ["same", "other"] as const)
        cells.push(await turn(database, { folder, options }, where, repeat));
    }
  } finally {
    await database.stop();
  }
  return cells;
}

async function turn(
  database: DatabaseServer,
  { folder, options: { followed, warmSeconds } }: StreamBench,
  where: Where,
  repeat: number,
): Promise<Cell> {
  const mock = await startMock(streamsMock, folder);
  const subject = replica(database.url, `bench_${where}_${repeat}`);
  const first = await startSubject(subject, mock, folder);
  const second = await startSubject(subject, mock, folder);
  const asked = where === "same" ? first : second;
  const retried = (streams: number, events: number): Promise<StreamsReport> =>
    streamLoad({ ...first, headers: run }, folder, {
      pace: { ...pace, events },
      streams,
      rampMs,
      again: { port: asked.port, headers: retry, events: leftAfterEvents, afterMs: againAfterMs },
    });
  for (const one of [first, second]) await checkStreams(one);
  await retried(followed, Math.round((warmSeconds * 1000) / pace.intervalMs) + leftAfterEvents);
  const { outcome, figures } = await measured(partiesOf(asked), () => retried(followed, pace.events));
  await stop([...first.children, ...second.children, mock.child]);
  const { errors, faults, ageP50Us, ageP99Us, firstEventP50Us, firstEventP99Us } = outcome;
  return {
    phase: "replicas",
    scenario: replicasName(followed),
    subject: where,
    repeat,
    errors,
    faults,
    figures: {
      ...figures,
      chunkDelayP50Ms: ageP50Us / 1000,
      chunkDelayP99Ms: ageP99Us / 1000,
      firstEventP50Us,
      firstEventP99Us,
    },
  };
}

const run = { "longstop-run": `bench-${numberSign}` };
/** What the SDKs of OpenAI and Anthropic say. */
const retry = { ...run, "x-stainless-retry-count": "1" };

function partiesOf({ pid, mock }: Started): { readonly subject: number | null; readonly mock: number } {
  return { subject: pid, mock };
}

export function replicasName(streams: number): string {
  return `${streams.toLocaleString("en-US")} streams`;
}
