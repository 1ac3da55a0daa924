import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { effects, steps, turnCount } from "./plan.ts";
import { play } from "./play.ts";
import { brokenPromises, renderTable, tokensIn } from "./table.ts";

// Hundreds of processes run the same few files: they are compiled once.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "longstop-compile-cache");

// An agent is killed behind each of its steps in turn and begun again. Every number is counted at the model,
// at the tool, or by the agent; ends with 1 where anything was asked for or done twice.

const usage = `npm run crash-and-resume -- [--at-once 2] [--json FILE]

--at-once: how many agents run at the same time.`;

const { values } = parseArgs({
  options: {
    "at-once": { type: "string", default: "2" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const atOnce = Number(values["at-once"]);
if (values.help || !Number.isInteger(atOnce) || atOnce < 1) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}
const startedMs = performance.now();
const played = await play(atOnce);
const seconds = (performance.now() - startedMs) / 1000;
const broken = brokenPromises(played);
console.log(
  `An agent that nobody kills: ${turnCount} turns, ${effects.length} effects, ${tokensIn(played.whole)} tokens.\n` +
    "Killed and begun again: turns asked of the model in both attempts together, effects at the tool, tokens\n" +
    "paid, and whether the result is the same.\n",
);
console.log(renderTable(played));
console.log(`\n${played.cells.length} crashes behind ${steps.length} steps in ${seconds.toFixed(0)} s.`);
console.log(
  broken.length === 0
    ? "Every effect happened once, and every finished turn was asked for once."
    : `Not as promised:\n${broken.join("\n")}`,
);
if (values.json !== undefined) {
  const cells = played.cells.map((cell) => ({ ...cell, tokens: tokensIn(cell.seen) }));
  writeFileSync(values.json, `${JSON.stringify({ seconds, broken, whole: played.whole, cells }, null, 2)}\n`);
}
process.exitCode = broken.length === 0 ? 0 : 1;
