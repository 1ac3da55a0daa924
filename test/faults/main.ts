import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { faults } from "./kinds/index.ts";
import { startServer, type PostgresServer } from "../ledger/postgres/server.ts";
import { heading, lineOf, modes, runMatrix, written } from "./matrix.ts";
import { ledgerKinds } from "./support/ledgers.ts";
import { turnFaults } from "./turns/kinds/index.ts";
import { runTurnMatrix, turnHeading, turnLineOf, writtenTurn } from "./turns/matrix.ts";
import { speeches } from "./turns/speech.ts";

// `npm run faults`: real gateways, a real ledger and a real tool, each in a process of its own; every fault at
// every kind of tool, and what became of the operations in one table; then every fault of turns in every
// protocol, with a model that numbers what it says. Ends with 1 where a promise was broken.

const everyFault = [...faults, ...turnFaults];
const groups = [...new Set(everyFault.map(({ name }) => groupOf(name)))];
const protocols = speeches.map(({ name }) => name);
const usage = `npm run faults -- [--only GROUP or GROUP/NAME or ${[...modes, ...protocols].join("|")}]…
                   [--ledger sqlite|postgres|both] [--at-once 2] [--json FILE] [--list]

Groups: ${groups.join(", ")}.`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    ledger: { type: "string", default: "both" },
    "at-once": { type: "string", default: "2" },
    json: { type: "string" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function groupOf(name: string): string {
  return name.split("/")[0] as string;
}

/** Those that are chosen: all, where nothing of their kind is. */
function chosen<T>(all: readonly T[], nameOf: (one: T) => string, kind: readonly string[]): readonly T[] {
  if (!values.only.some((only) => kind.includes(only) || kind.includes(groupOf(only)))) return all;
  return all.filter((one) =>
    values.only.some((only) => nameOf(one) === only || nameOf(one).startsWith(`${only}/`)),
  );
}

const known = new Set([...everyFault.map(({ name }) => name), ...groups, ...modes, ...protocols]);
const unknown = values.only.filter((only) => !known.has(only));
const ledgers = ledgerKinds.filter((kind) => values.ledger === "both" || values.ledger === kind);
if (ledgers.length === 0) unknown.push(values.ledger);
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`Nothing here is called ${unknown.join(", ")}.`);
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}
const atOnce = Number(values["at-once"]);
if (!Number.isInteger(atOnce) || atOnce < 1) {
  console.error(`--at-once is a whole number from 1 on, not ${values["at-once"]}.\n${usage}`);
  process.exit(2);
}
const onlyTurns = values.only.some((only) => protocols.some((name) => name === only));
const onlyEffects = values.only.some((only) => modes.some((mode) => mode === only));
const picked = onlyTurns ? [] : chosen(faults, ({ name }) => name, groups);
const pickedOfTurns = onlyEffects ? [] : chosen(turnFaults, ({ name }) => name, groups);
if (values.list) {
  console.log([...picked, ...pickedOfTurns].map(({ name }) => name).join("\n"));
  process.exit(0);
}

const servers: Promise<PostgresServer>[] = [];
const startedMs = performance.now();
async function postgres(): Promise<number> {
  if (servers.length === 0) servers.push(startServer());
  return (await (servers[0] as Promise<PostgresServer>)).port;
}

function tell(line: string, broken: readonly string[]): void {
  console.log(line);
  for (const sentence of broken) console.log(`    BROKEN: ${sentence}`);
}

if (picked.length > 0) console.log(heading);
const cells = await runMatrix({
  faults: picked,
  modes: chosen(modes, (mode) => mode, modes),
  ledgers,
  postgres,
  atOnce,
  onCell: (cell) => tell(written(lineOf(cell)), cell.broken),
});
if (pickedOfTurns.length > 0) console.log(turnHeading);
const turnCells = await runTurnMatrix({
  faults: pickedOfTurns,
  speeches: chosen(speeches, ({ name }) => name, protocols),
  ledgers,
  postgres,
  atOnce,
  onCell: (cell) => tell(writtenTurn(turnLineOf(cell)), cell.broken),
});
const lines = cells.map(lineOf);
const sum = (of: keyof (typeof lines)[number]): number =>
  lines.reduce((all, line) => all + Number(line[of]), 0);
const seconds = (performance.now() - startedMs) / 1000;
const doubts = sum("inDoubt");
const rate = doubts === 0 ? "none" : `${((100 * sum("falseDoubts")) / doubts).toFixed(0)} %`;
const turnLines = turnCells.map(turnLineOf);
const sumOfTurns = (of: "turns" | "requests" | "generations"): number =>
  turnLines.reduce((all, line) => all + line[of], 0);
if (cells.length > 0) {
  console.log(
    `${cells.length} cells of effects: ${sum("operations")} operations, ${sum("effects")} effects, ` +
      `${doubts} in doubt, of which never done: ${rate}`,
  );
}
if (turnCells.length > 0) {
  console.log(
    `${turnCells.length} cells of turns: ${sumOfTurns("turns")} turns, ${sumOfTurns("requests")} requests, ` +
      `${sumOfTurns("generations")} generations`,
  );
}
const broken = [
  ...cells.flatMap(({ fault, mode, ledger, broken: all }) =>
    all.map((what) => ({ fault, mode, ledger, what })),
  ),
  ...turnCells.flatMap(({ fault, protocol, ledger, broken: all }) =>
    all.map((what) => ({ fault, protocol, ledger, what })),
  ),
];
const count = cells.length + turnCells.length;
if (count === 0) console.error("Nothing was run: no such fault is for this ledger.");
else {
  const verdict = broken.length === 0 ? "No promise was broken." : `${broken.length} promises were broken.`;
  console.log(`${count} cells in ${seconds.toFixed(0)} s. ${verdict}`);
}
if (values.json !== undefined) {
  const all = { seconds, lines, turnLines, broken, cells, turnCells };
  writeFileSync(values.json, `${JSON.stringify(all, null, 2)}\n`);
}
for (const server of servers) await (await server).stop();
process.exitCode = count === 0 ? 2 : broken.length === 0 ? 0 : 1;
