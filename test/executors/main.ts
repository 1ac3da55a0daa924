// npm run executors -- [--json FILE] [--check]: what executes twice, without Longstop and with it, and that what
// is meant twice happens twice. Counted at the tools. --check ends with 1 where the README says something else.
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { allCells, measure } from "./measure.ts";
import { readmeTables } from "./readme.ts";
import { repeatAll } from "./repeats.ts";
import { outcomesTable, repeatsTable } from "./table.ts";

const { values } = parseArgs({
  options: { json: { type: "string" }, check: { type: "boolean", default: false } },
});
const outcomes = await measure(allCells);
const repeats = await repeatAll();
const tables = [outcomesTable(outcomes), repeatsTable(repeats)];
console.log(tables.join("\n\n"));
if (values.json !== undefined) {
  await writeFile(
    values.json,
    `${JSON.stringify({ at: new Date().toISOString(), outcomes, repeats }, null, 1)}\n`,
  );
}
if (values.check) {
  const written = readmeTables();
  const differ = tables.some((table, index) => table !== written[index]);
  console.log(differ ? "\nThe README says something else." : "\nThe README says the same.");
  process.exitCode = differ ? 1 : 0;
}
