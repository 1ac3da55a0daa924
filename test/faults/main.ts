import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { faults } from "./kinds/index.ts";
import { startServer, type PostgresServer } from "../ledger/postgres/server.ts";
import { heading, lineOf, modes, runMatrix, written } from "./matrix.ts";
import { ledgerKinds } from "./support/ledgers.ts";

// `npm run faults`: real gateways, a real ledger and a real tool, each in a process of its own; every fault at
// every kind of tool, and what became of the operations in one table. Ends with 1 where a promise was broken.

const usage = `npm run faults -- [--only GROUP or GROUP/NAME or dumb|keyed|lookup]… [--ledger sqlite|postgres|both]
                   [--at-once 2] [--json FILE] [--list]

Groups: ${[...new Set(faults.map(({ name }) => name.split("/")[0]))].join(", ")}.`;

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

function chosen<T>(all: readonly T[], nameOf: (one: T) => string): readonly T[] {
  const fits = all.filter((one) =>
    values.only.some((only) => nameOf(one) === only || nameOf(one).startsWith(`${only}/`)),
  );
  return fits.length === 0 ? all : fits;
}

const known = new Set([...faults.flatMap(({ name }) => [name, name.split("/")[0]]), ...modes]);
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
const picked = chosen(faults, ({ name }) => name);
if (values.list) {
  console.log(picked.map(({ name }) => name).join("\n"));
  process.exit(0);
}

const servers: Promise<PostgresServer>[] = [];
const startedMs = performance.now();
console.log(heading);
const cells = await runMatrix({
  faults: picked,
  modes: chosen(modes, (mode) => mode),
  ledgers,
  async postgres() {
    if (servers.length === 0) servers.push(startServer());
    return (await (servers[0] as Promise<PostgresServer>)).port;
  },
  atOnce,
  onCell(cell) {
    console.log(written(lineOf(cell)));
    for (const sentence of cell.broken) console.log(`    BROKEN: ${sentence}`);
  },
});
const lines = cells.map(lineOf);
const sum = (of: keyof (typeof lines)[number]): number =>
  lines.reduce((all, line) => all + Number(line[of]), 0);
const seconds = (performance.now() - startedMs) / 1000;
const doubts = sum("inDoubt");
const rate = doubts === 0 ? "none" : `${((100 * sum("falseDoubts")) / doubts).toFixed(0)} %`;
console.log(
  `${cells.length} cells in ${seconds.toFixed(0)} s: ${sum("operations")} operations, ` +
    `${sum("effects")} effects, ${doubts} in doubt, of which never done: ${rate}`,
);
const broken = cells.flatMap((cell) =>
  cell.broken.map((what) => ({ fault: cell.fault, mode: cell.mode, ledger: cell.ledger, what })),
);
if (cells.length === 0) console.error("Nothing was run: no such fault is for this ledger.");
else console.log(broken.length === 0 ? "No promise was broken." : `${broken.length} promises were broken.`);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ seconds, lines, broken, cells }, null, 2)}\n`);
}
for (const server of servers) await (await server).stop();
process.exitCode = cells.length === 0 ? 2 : broken.length === 0 ? 0 : 1;
