import { writeFile } from "node:fs/promises";
import { barsTable, judge, type Bar, type BarOutcome } from "./bars.ts";
import type { Cell } from "./cell.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";

/** What a run has measured, and what it is held to. */
export interface Run {
  readonly cells: readonly Cell[];
  readonly bars: readonly Bar[];
  /** What subjects are called in tables. */
  readonly titles: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly options: Pick<Options, "bars" | "isFull" | "json">;
  /** Subjects whose errors stand in the table and fail nothing. */
  readonly forgiven?: ReadonlySet<string>;
}

/** Sets the bars beside what was measured, and writes it down. False where one is not reached, or a turn had errors. */
export async function conclude({
  cells,
  bars,
  titles,
  machine,
  options,
  forgiven = new Set(),
}: Run): Promise<boolean> {
  const outcomes = options.bars ? outcomesOf(bars, cells, options.isFull) : [];
  if (outcomes.length > 0) console.log(`${barsTable(outcomes, titles)}\n`);
  if (options.json !== null) {
    const written = { at: new Date().toISOString(), machine, options, cells, bars: outcomes };
    await writeFile(options.json, `${JSON.stringify(written, null, 1)}\n`);
  }
  const failed = cells.filter(({ subject, errors }) => errors > 0 && !forgiven.has(subject));
  for (const cell of failed) console.error(failureSentence(cell, titles));
  return failed.length === 0 && outcomes.every(({ isReached }) => isReached);
}

/** A bar of a full run that was not measured is not reached; of a part of one, it is not meant. */
function outcomesOf(bars: readonly Bar[], cells: readonly Cell[], isFull: boolean): readonly BarOutcome[] {
  return bars.map((bar) => judge(bar, cells)).filter(({ value }) => isFull || !Number.isNaN(value));
}

function failureSentence(
  { subject, phase, scenario, repeat, errors, faults = [] }: Cell,
  titles: Run["titles"],
): string {
  const first = faults.map((fault) => `\n  ${fault}`).join("");
  return `${titles[subject] ?? subject}: ${errors} errors in ${phase}, ${scenario}, repeat ${repeat + 1}${first}`;
}
