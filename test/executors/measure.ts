import { setTimeout as sleep } from "node:timers/promises";
import { crashAndRunAgain } from "./crash.ts";
import { executors } from "./executors.ts";
import { startRelay } from "./relay.ts";
import { columns, openSite, type Cell, type Column, type Stage } from "./site.ts";
import { situations } from "./situations.ts";

/** What one order came to: how often it was charged, and what its agent heard last. */
export interface Outcome {
  readonly executor: string;
  readonly situation: string;
  readonly column: Column;
  readonly effects: number;
  readonly heard: string;
}

export const allCells: readonly Cell[] = situations.flatMap((situation) =>
  executors.flatMap((executor) => columns.map((column) => ({ executor, situation, column }))),
);

/** Cells that are worked on at once. */
const atOnceMax = 30;

/** Has every order charged, and counts at the tools. */
export async function measure(cells: readonly Cell[]): Promise<readonly Outcome[]> {
  const site = await openSite(cells);
  try {
    const crashing = site.stages.filter(({ situation }) => situation.crash !== null);
    const others = site.stages.filter(({ situation }) => situation.crash === null);
    const heard = new Map<Stage, string>();
    const [again] = await Promise.all([
      crashAndRunAgain(crashing),
      eachOf(others, atOnceMax, async (stage) => void heard.set(stage, await chargeOnce(stage))),
    ]);
    for (const [index, stage] of crashing.entries()) heard.set(stage, again[index] ?? "nothing");
    return site.stages.map((stage) => ({
      executor: stage.executor.name,
      situation: stage.situation.name,
      column: stage.column,
      effects: stage.tools.effects.length,
      heard: heard.get(stage) ?? "nothing",
    }));
  } finally {
    await site.close();
  }
}

async function chargeOnce(stage: Stage): Promise<string> {
  const { executor, situation, tools, name } = stage;
  const { modelsUrl, toolUrl } = stage.urls("first");
  const relay =
    situation.reset === null
      ? null
      : await startRelay(
          toolUrl,
          situation.reset === "while the tool works" ? () => tools.effects.length > 0 : null,
        );
  const began = Date.now();
  const place = { modelsUrl, toolUrl: relay?.url ?? toolUrl, order: name, timeoutMs: situation.timeoutMs };
  const charge = async (): Promise<string> => {
    let last = "nothing";
    // Where an agent gives up, what it heard last says why.
    await executor.charge({ ...place, hear: (said) => (last = said) }).catch(() => undefined);
    return last;
  };
  const heard = await Promise.all(situation.twice ? [charge(), charge()] : [charge()]);
  await sleep(Math.max(0, began + situation.settledAfterMs - Date.now()));
  await relay?.close();
  return [...new Set(heard)].toSorted().join(" and ");
}

async function eachOf<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
