/** One measured turn of one subject with one body. */
export interface Cell {
  readonly subject: string;
  readonly size: string;
  readonly repeat: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: number;
  readonly cpuUsPerRequest: number | null;
  readonly rssMiB: number | null;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** A table for each size: medians over the repeats, and ratios to the bare proxy of the same run. */
export function tables(cells: readonly Cell[], baseline: string): string {
  const sizes = [...new Set(cells.map(({ size }) => size))];
  return sizes
    .map((size) =>
      table(
        size,
        cells.filter((cell) => cell.size === size),
        baseline,
      ),
    )
    .join("\n");
}

function table(size: string, cells: readonly Cell[], baseline: string): string {
  const names = [...new Set(cells.map(({ subject }) => subject))];
  const of = (name: string, pick: (cell: Cell) => number | null): number =>
    median(cells.filter(({ subject }) => subject === name).flatMap((cell) => pick(cell) ?? []));
  const base = of(baseline, ({ requestsPerSecond }) => requestsPerSecond);
  const rows = names.map((name) => {
    const rate = of(name, ({ requestsPerSecond }) => requestsPerSecond);
    const errors = cells
      .filter(({ subject }) => subject === name)
      .reduce((sum, cell) => sum + cell.errors, 0);
    return [
      name,
      whole(rate),
      Number.isNaN(base) ? "–" : (rate / base).toFixed(2),
      whole(of(name, ({ cpuUsPerRequest }) => cpuUsPerRequest)),
      whole(of(name, ({ p50Us }) => p50Us)),
      whole(of(name, ({ p99Us }) => p99Us)),
      whole(of(name, ({ rssMiB }) => rssMiB)),
      String(errors),
    ];
  });
  const head = [size, "req/s", "÷ bare", "CPU µs/req", "p50 µs", "p99 µs", "RSS MiB", "errors"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return [line(head), ...rows.map(line), ""].join("\n");
}

function whole(value: number): string {
  return Number.isNaN(value) ? "–" : Math.round(value).toLocaleString("en-US");
}
