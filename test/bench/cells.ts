import type { Cell, Figure } from "../../bench/cell.ts";

/** Cells of one subject in one scenario: a repeat for each value of the figure. */
export function cellsOf(
  place: { phase: string; scenario: string; subject: string },
  figure: Figure,
  values: readonly number[],
  errors = 0,
): Cell[] {
  return values.map((value, repeat) => ({ ...place, repeat, errors, figures: { [figure]: value } }));
}
