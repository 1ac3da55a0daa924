import type { RunRow } from "../ledger/ledger.ts";
import { cell } from "./plain.ts";
import { columns } from "./table.ts";

/** Widest cells, in characters. A run's id is never cut: it is what `runs show` needs. */
const widths = { tenant: 24, verdicts: 60 } as const;
const runCharsMax = 1000;

/** A table for people. */
export function runsTable(rows: readonly RunRow[]): string {
  return columns([
    ["RUN", "TENANT", "FIRST", "LAST", "CLAIMS", "IN DOUBT", "VERDICTS", "CLOSED"],
    ...rows.map((row) => [
      cell(row.run, runCharsMax),
      cell(row.tenant, widths.tenant),
      timeText(row.firstAtMs),
      timeText(row.lastAtMs),
      String(row.claims),
      String(row.inDoubt),
      cell(verdictWords(row), widths.verdicts),
      row.closedAtMs === null ? "-" : timeText(row.closedAtMs),
    ]),
  ]);
}

/** One JSON object a line. */
export function runsJson(rows: readonly RunRow[]): string {
  return rows.map((row) => `${JSON.stringify(runJson(row))}\n`).join("");
}

function runJson(row: RunRow): Readonly<Record<string, unknown>> {
  const { run, tenant, claims, inDoubt, verdicts, reported, closedAtMs } = row;
  return {
    run,
    tenant,
    firstAt: new Date(row.firstAtMs).toISOString(),
    lastAt: new Date(row.lastAtMs).toISOString(),
    claims,
    inDoubt,
    verdicts,
    reported,
    closedAt: closedAtMs === null ? null : new Date(closedAtMs).toISOString(),
  };
}

/** `2 block, 5 rewrite (3 only reported)`, the words in the order of the alphabet. */
export function verdictWords({ verdicts, reported }: Pick<RunRow, "verdicts" | "reported">): string {
  const counted = Object.entries(verdicts).toSorted(([one], [other]) => (one < other ? -1 : 1));
  if (counted.length === 0) return "-";
  const words = counted.map(([kind, count]) => `${count} ${kind}`).join(", ");
  return reported === 0 ? words : `${words} (${reported} only reported)`;
}

/** A time to the second, in UTC, as it stands in tables. */
export function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}
