import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { stages } from "./support/aborting-load.ts";
import { leakRun } from "./support/leak-run.ts";
import type { Held } from "./support/process-probe.ts";

// `npm run leaks`: clients that vanish at every stage, in all protocols, against a gateway in a process of
// its own; then what that process holds is compared with before. `--plant memory` makes it leak, to see
// that it would be seen.

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "10000" },
    "warm-up": { type: "string", default: "1000" },
    json: { type: "string" },
    plant: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log("npm run leaks -- [--requests N] [--warm-up N] [--plant memory|timer|socket] [--json FILE]");
  process.exit(0);
}
const plants = (["memory", "timer", "socket"] as const).filter((one) => one === values.plant);

const run = await leakRun({
  requests: Number(values.requests),
  warmUp: Number(values["warm-up"]),
  plants,
});

const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);
const row = (name: string, held: Held): string =>
  [
    name.padEnd(8),
    String(sum(held.resources)).padStart(8),
    String(sum(held.files)).padStart(8),
    mebibytes(held.heapBytes).padStart(12),
    mebibytes(held.rssBytes).padStart(12),
  ].join("");

const names = stages.map(({ name }) => name).join(", ");
console.log(`${run.requests} aborted requests in ${run.seconds.toFixed(1)} s, at the stages ${names}`);
console.log(
  `${"".padEnd(8)}${"handles".padStart(8)}${"files".padStart(8)}${"heap".padStart(12)}${"rss".padStart(12)}`,
);
console.log(row("before", run.base));
console.log(row("after", run.after));
console.log(
  run.faults.length === 0 ? "Nothing is left behind, and all protocols are served." : run.faults.join("\n"),
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(run, null, 2)}\n`);
process.exitCode = run.faults.length === 0 ? 0 : 1;
