import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { mutations } from "./mutation/mutations.ts";
import { tryMutation, type Tried } from "./mutation/mutate.ts";

// `npm run mutants`: can the simulation fail? Each mutant is the source with one fault in it; the simulation must
// find it. Ends with 1 where one survives.

const usage = `npm run mutants -- [--only NAME]… [--seeds 2000] [--at-once 2] [--json FILE]

${mutations.map(({ name, does }) => `${name.padEnd(32)}${does}`).join("\n")}`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    seeds: { type: "string", default: "2000" },
    "at-once": { type: "string", default: "2" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const unknown = values.only.filter((only) => mutations.every(({ name }) => name !== only));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`No mutant is called ${unknown.join(", ")}.`);
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

const atOnce = Number(values["at-once"]);
if (!Number.isInteger(atOnce) || atOnce < 1) {
  console.error(`--at-once is a whole number from 1 on, not ${values["at-once"]}.\n${usage}`);
  process.exit(2);
}

// A simulation that finds a fault where none was made finds it in every mutant, too.
const unchanged = { name: "unchanged", does: "nothing else", edits: [] };
for (const { caughtBy } of [
  await tryMutation(unchanged, 50),
  await tryMutation({ ...unchanged, turns: true }, 50),
]) {
  if (caughtBy === null) continue;
  console.error(`The source itself breaks a promise, so mutants prove nothing: ${caughtBy}`);
  process.exit(2);
}
const waiting = mutations.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
const all: Tried[] = [];
const work = async (): Promise<void> => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const tried = await tryMutation(next, Number(values.seeds));
    all.push(tried);
    console.log(`${next.name.padEnd(32)}${tried.caughtBy ?? "NOT caught"}`);
  }
};
await Promise.all(Array.from({ length: atOnce }, work));

const survivors = all.filter(({ caughtBy }) => caughtBy === null);
console.log(
  survivors.length === 0
    ? `All ${all.length} mutants were caught.`
    : `${survivors.length} of ${all.length} mutants survived.`,
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, null, 2)}\n`);
process.exitCode = survivors.length === 0 ? 0 : 1;
