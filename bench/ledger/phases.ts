import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cell } from "../cell.ts";
import { untilIdle } from "../measure.ts";
import { nginxMock } from "../phases/throughput.ts";
import { runWrk, type WrkReport } from "../phases/wrk.ts";
import { measured } from "../measure.ts";
import { inTurns, type Scenario, type Started } from "../turns.ts";
import { ledgerThread, moveLedgerThread } from "./threads.ts";
import type { LedgerOptions, LedgerPhase } from "./options.ts";
import { askProbe, probeFile } from "./probing.ts";
import type { DatabaseServer } from "./database-server.ts";
import { databaseSyncsFile, ledgerSubjects, type LedgerSubject } from "./subjects.ts";
import { readSyncs } from "./syncs.ts";

const script = join(import.meta.dirname, "../load/effects.lua");
/** strace writes a line when its sync has ended. */
const syncsWrittenMs = 300;

let loads = 0;

/** Effects as fast as answers come, each of them a new operation. */
function load(one: Started, connections: number, seconds: number): Promise<WrkReport> {
  const name = `${process.pid}-${++loads}`;
  return runWrk({ script, url: `${one.url}/tools/pay/charges`, args: [name], connections, seconds });
}

/** Throws unless effects are recorded where they are meant to be, and nowhere else. */
async function checkEffect(one: Started): Promise<void> {
  const answer = await fetch(`${one.url}/tools/pay/charges`, {
    method: "POST",
    body: `{"check":${++loads}}`,
  });
  await answer.text();
  const operation = answer.headers.get("longstop-operation");
  const isRecorded = (one.subject as LedgerSubject).done !== null;
  if (answer.status !== 200 || (operation !== null) !== isRecorded)
    throw new Error(`${one.subject.title} answers ${answer.status}, operation ${operation ?? "none"}`);
}

async function checkAndPlace(one: Started, { oneCore }: LedgerOptions): Promise<void> {
  await checkEffect(one);
  if (!oneCore && one.pid !== null) moveLedgerThread(one.pid);
}

type Outcome = Pick<Cell, "errors" | "faults" | "figures">;

async function measure(
  one: Started,
  { folder, options: { seconds, oneCore } }: LedgerBench,
  connections: number,
): Promise<Outcome & { readonly fromMs: number; readonly toMs: number; readonly requests: number }> {
  const { done } = one.subject as LedgerSubject;
  const probe = probeFile(folder, one.port);
  const doneBefore = (await done?.(folder, one.port)) ?? 0;
  await askProbe(probe);
  const fromMs = Date.now();
  const parties = { subject: one.pid, mock: one.mock, ...(oneCore ? {} : { aside: ledgerThread }) };
  const { outcome, cpuSeconds, figures } = await measured(parties, () => load(one, connections, seconds));
  const { loopDelayP99Ms, writes } = await askProbe(probe);
  const toMs = Date.now();
  await untilIdle(one.pid);
  const { requests, durationUs, p50Us, p99Us, errors } = outcome;
  // Every answer that came has its operation on disk.
  const missing = done === null ? 0 : Math.max(0, requests - ((await done(folder, one.port)) - doneBefore));
  return {
    errors: errors + missing,
    faults: missing === 0 ? [] : [`${missing} answered effects are not recorded as done`],
    fromMs,
    toMs,
    requests,
    figures: {
      ...figures,
      effectsPerSecond: requests / (durationUs / 1e6),
      p50Us,
      p99Us,
      loopDelayP99Ms,
      cpuUsPerEffect: (cpuSeconds * 1e6) / Math.max(1, requests),
      // What goes to a database over the wire is not seen.
      ...(writes === 0 ? {} : { writesPer1000: (writes * 1000) / Math.max(1, requests) }),
    },
  };
}

interface LedgerBench {
  readonly folder: string;
  readonly database: DatabaseServer | null;
  readonly options: LedgerOptions;
}

/** What effects cost beside the same proxy that records none. */
async function effects(bench: LedgerBench): Promise<Cell[]> {
  const { folder, options, database } = bench;
  const scenarios = options.connections.map((connections): Scenario => ({
    name: connectionsName(connections),
    mock: nginxMock,
    check: (one) => checkAndPlace(one, options),
    warm: (one) => load(one, connections, options.warmSeconds),
    async measure(one) {
      const { errors, faults, figures } = await measure(one, bench, connections);
      return { errors, faults: faults ?? [], figures };
    },
  }));
  const subjects = ledgerSubjects(options.only, { addedMs: null, database });
  return inTurns({ folder, options, subjects }, "effects", scenarios);
}

/** How many writes share a sync, with syncs as they are and with slow ones. */
async function syncs(bench: LedgerBench): Promise<Cell[]> {
  const { folder, options, database } = bench;
  const cells: Cell[] = [];
  for (const addedMs of options.syncsMs) {
    const scenarios = options.connections.map((connections): Scenario => ({
      name: syncsName(connections, addedMs),
      mock: nginxMock,
      check: (one) => checkAndPlace(one, options),
      // Nothing is timed here: it is enough that the log of the database has its usual size.
      warm: (one) => load(one, connections, 1),
      async measure(one) {
        const outcome = await measure(one, bench, connections);
        await sleep(syncsWrittenMs);
        const count = readSyncs(
          (one.subject as LedgerSubject).syncs(folder, one.port),
          outcome.fromMs,
          outcome.toMs,
        );
        const { effectsPerSecond = 0, writesPer1000 } = outcome.figures;
        const syncsPer1000 = (count * 1000) / Math.max(1, outcome.requests);
        return {
          errors: outcome.errors + (count === 0 ? 1 : 0),
          faults: [...(outcome.faults ?? []), ...(count === 0 ? ["strace saw no sync"] : [])],
          figures: {
            effectsPerSecond,
            syncsPer1000,
            ...(writesPer1000 === undefined
              ? {}
              : { writesPer1000, writesPerSync: writesPer1000 / syncsPer1000 }),
          },
        };
      },
    }));
    const subjects = ledgerSubjects(options.only, { addedMs, database });
    const take = (): Promise<Cell[]> => inTurns({ folder, options, subjects }, "syncs", scenarios);
    const file = databaseSyncsFile(folder);
    cells.push(...(await (database === null ? take() : database.tracing(folder, file, addedMs, take))));
  }
  return cells;
}

export const phases: Readonly<Record<LedgerPhase, (bench: LedgerBench) => Promise<Cell[]>>> = {
  effects,
  syncs,
};

export function connectionsName(connections: number): string {
  return connections === 1 ? "1 connection" : `${connections} connections`;
}

export function syncsName(connections: number, addedMs: number): string {
  const syncing = addedMs === 0 ? "syncs as they are" : `${addedMs} ms on each sync`;
  return `${connectionsName(connections)}, ${syncing}`;
}
