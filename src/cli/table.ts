/** Rows as a table for people: two spaces between columns as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0))) ?? [];
  return rows.map((row) => line(row, widths)).join("");
}

function line(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((text, index) => text.padEnd(widths[index] ?? 0));
  return `${cells.join("  ").trimEnd()}\n`;
}
