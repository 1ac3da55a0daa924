import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { simulate } from "./simulation/simulate.ts";
import { tellSeeds } from "./simulation/seeds.ts";
import { simulateTurns } from "./simulation/turns.ts";

// `npm run simulate`: histories in which everything goes wrong, each made of its seed alone. One seed prints
// its whole history; ends with 1 where a promise was broken.

const usage = `npm run simulate -- [--turns] [--seed 1] [--seeds 2000] [--stop] [--json FILE]

Histories of effects, or with --turns of what models are asked.
--seed N alone plays that one history and prints it. With --seeds, that many from N on; --stop
ends with the first that breaks a promise.`;

const { values } = parseArgs({
  options: {
    turns: { type: "boolean", default: false },
    seed: { type: "string" },
    seeds: { type: "string" },
    stop: { type: "boolean", default: false },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const first = Number(values.seed ?? 1);
const count = Number(values.seeds ?? (values.seed === undefined ? 2000 : 1));
if (!Number.isInteger(first) || !Number.isInteger(count) || count < 1) {
  console.error(`A seed and a number of seeds are whole numbers.\n\n${usage}`);
  process.exit(2);
}

const play = values.turns ? simulateTurns : simulate;
if (count === 1) {
  const { trace, violations } = await play(first);
  console.log(trace.join("\n"));
  process.exitCode = violations.length === 0 ? 0 : 1;
} else {
  const told = await tellSeeds(play, first, count, ({ seed, violations }) => {
    for (const sentence of violations) console.log(`seed ${seed}: ${sentence}`);
    return !values.stop || violations.length === 0;
  });
  for (const [what, times] of told.counts) console.log(`${String(times).padStart(8)}  ${what}`);
  const hours = (told.simulatedMs / 3_600_000).toFixed(1);
  console.log(
    `${count} seeds in ${told.seconds.toFixed(1)} s: ${hours} hours, ${told.broken.length} broken.`,
  );
  const [worst] = told.broken;
  if (worst !== undefined)
    console.log(`Its history: npm run simulate -- ${values.turns ? "--turns " : ""}--seed ${worst.seed}`);
  if (values.json !== undefined) {
    const counts = Object.fromEntries(told.counts);
    writeFileSync(values.json, `${JSON.stringify({ first, count, ...told, counts }, null, 2)}\n`);
  }
  process.exitCode = told.broken.length === 0 ? 0 : 1;
}
