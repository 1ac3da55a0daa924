import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fuzz, type Fuzzed } from "./fuzz.ts";
import { targets } from "./targets.ts";

// `npm run fuzz -- --seconds 3600`: every target in turn, each for its share of the time. A finding
// names its seed, and the smallest input that was found. `--input` checks one such input again.

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    target: { type: "string" },
    input: { type: "string" },
    json: { type: "string" },
  },
});

const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) {
  console.error(
    `No target is called ${values.target}. There are: ${targets.map(({ name }) => name).join(", ")}.`,
  );
  process.exit(2);
}
if (values.input !== undefined) {
  const input = Buffer.from(values.input, "base64");
  for (const target of chosen) console.log(`${target.name}: ${target.check(input, Math.random)}`);
  process.exit(0);
}
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const share = Number(values.seconds) / chosen.length;
const results: Fuzzed[] = [];
for (const target of chosen) {
  const result = fuzz(target, { seconds: share, seed });
  results.push(result);
  const { runs, behaviours, finding } = result;
  const found = finding === null ? "" : `\n  input ${finding.input}\n  ${finding.error}`;
  console.log(`${target.name.padEnd(30)} seed ${seed}  ${runs} inputs  ${behaviours} behaviours${found}`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
process.exitCode = results.every(({ finding }) => finding === null) ? 0 : 1;
