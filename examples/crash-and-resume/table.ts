import type { Attempt } from "./attempts.ts";
import { effects as wantedEffects, steps, tokensOf, turnCount } from "./plan.ts";
import type { Cell, Played } from "./play.ts";

/** What became of one run, as the model, the tool and the agent saw it. */
export interface Seen {
  /** Every request that reached the model, by the turn that it asked for. */
  readonly turns: readonly number[];
  readonly effects: readonly { readonly path: string; readonly body: string }[];
  /** The agent that was killed, or null; and the one that came to its end. */
  readonly first: Attempt | null;
  readonly last: Attempt;
}

/** What the model was paid for all of it, tokens. */
export function tokensIn({ turns }: Seen): number {
  return turns.reduce((sum, turn) => sum + tokensOf(turn), 0);
}

/**
 * Turns that may be asked for a second time. Where no name says that an agent was begun again, a run of which
 * nothing but its first turn is known says nothing either: an equal request is another sample.
 */
function mayBeAskedAgain({ kind, step }: Pick<Cell, "kind" | "step">): readonly number[] {
  return kind === "detected" && step === 1 ? [1] : [];
}

/** One sentence for each promise that was broken. */
export function brokenPromises({ whole, cells }: Played): readonly string[] {
  const inOrder = cells.toSorted((one, other) => one.step - other.step);
  const broken = inOrder.flatMap((cell) => {
    const about = `${cell.kind}, ${cell.killed} killed after step ${cell.step}`;
    return faultsOf(cell, whole).map((fault) => `${about}: ${fault}`);
  });
  return [...wholeFaults(whole), ...broken];
}

function wholeFaults({ turns, effects, last }: Seen): readonly string[] {
  const isWhole = turns.length === turnCount && effects.length === wantedEffects.length;
  return isWhole && last.result !== null && last.saw.length === steps.length
    ? []
    : [`an agent that nobody kills does not come to its end: ${last.complaint}`];
}

function faultsOf(cell: Cell, whole: Seen): readonly string[] {
  const { turns, effects, first, last } = cell.seen;
  const faults: string[] = [];
  if (first?.saw.length !== cell.step || first.result !== null) {
    faults.push(`the first attempt was not killed there: ${first?.complaint}`);
  }
  const again = mayBeAskedAgain(cell);
  const allowed = [...again, ...whole.turns].sort((a, b) => a - b);
  const asked = [...turns].sort((a, b) => a - b);
  if (String(asked) !== String(allowed)) faults.push(`the model was asked for the turns ${asked.join(" ")}`);
  const done = effects.map(({ path, body }) => `${path} ${body}`).sort();
  const wanted = wantedEffects.map(({ path, body }) => `${path} ${body}`).sort();
  if (String(done) !== String(wanted)) faults.push(`the tool did ${done.length}: ${done.join(" ")}`);
  if (last.result === null) faults.push(`it did not come to its end: ${last.complaint}`);
  else if (last.result !== whole.last.result) faults.push(`its result is another one: ${last.result}`);
  const shown = again.length > 0 ? [] : (first?.saw ?? []);
  if (shown.some((saw, at) => last.saw[at] !== saw))
    faults.push("what it had seen was shown to it otherwise");
  return faults;
}

/** A line for each step, and a column for each way to be begun again. */
export function renderTable(played: Played): string {
  const { whole, cells } = played;
  const columns = [...new Set(cells.map(titleOf))];
  const rows = steps.map((name, at) => [
    `${String(at + 1).padStart(2)}  ${name}`,
    ...columns.map((title) => {
      const cell = cells.find((one) => one.step === at + 1 && titleOf(one) === title);
      return cell === undefined ? "" : cellText(cell, whole);
    }),
  ]);
  const table = [["killed after", ...columns.map((title) => title.toUpperCase())], ...rows];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}

function titleOf({ killed, kind }: Pick<Cell, "killed" | "kind">): string {
  return killed === "agent" ? kind : `${kind}, gateway too`;
}

function cellText({ seen }: Cell, whole: Seen): string {
  const { turns, effects, last } = seen;
  const result = last.result === null ? "no" : last.result === whole.last.result ? "same" : "another";
  return `${turns.length} turns, ${effects.length} effects, ${tokensIn(seen)} tokens, ${result}`;
}
