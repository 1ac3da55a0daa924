import type { Outcome } from "./measure.ts";
import type { Repeated } from "./repeats.ts";
import { columns, type Column } from "./site.ts";

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

/** Charges for one order, by situation and executor; and what the agents heard in the end. */
export function outcomesTable(outcomes: readonly Outcome[]): string {
  const executors = unique(outcomes.map(({ executor }) => executor));
  const rows = unique(outcomes.map(({ situation }) => situation)).map((situation) => {
    const here = outcomes.filter((outcome) => outcome.situation === situation);
    const charges = executors.map((executor) =>
      columns
        .map(
          (column) => here.find((one) => one.executor === executor && one.column === column)?.effects ?? "–",
        )
        .join(" → "),
    );
    const heard = (column: Column): string =>
      unique(here.filter((one) => one.column === column).map((one) => one.heard)).join(" or ");
    return [situation, ...charges, heard("URL"), heard("named")];
  });
  return aligned([["charges for one order", ...executors, "heard, URL only", "heard, named"], ...rows]);
}

/** Calls that were meant, and those that happened. */
export function repeatsTable(repeats: readonly Repeated[]): string {
  const rows = repeats.map(({ name, meant, happened }) => [name, String(meant), String(happened)]);
  return aligned([["the same call again", "meant", "happened"], ...rows]);
}

function aligned([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(head), "-".repeat(line(head).length), ...rows.map(line)].join("\n");
}
