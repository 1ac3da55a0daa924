import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ToolServerMode } from "../../examples/tool-server/tool-server.ts";
import type { Fault } from "./fault.ts";
import { brokenPromises, endOf, observe, sharedKeys, unexpected, type Observed } from "./observed.ts";
import { Call } from "./support/call.ts";
import { type LedgerKind, makeLedger } from "./support/ledgers.ts";
import { startOracle } from "./support/oracle.ts";
import { Site } from "./support/site.ts";

export const modes: readonly ToolServerMode[] = ["dumb", "keyed", "lookup"];

/** One fault at one kind of tool: what became of an operation of each way of calling. */
export interface Cell {
  readonly fault: string;
  readonly mode: ToolServerMode;
  readonly ledger: LedgerKind;
  readonly observed: readonly Observed[];
  /** One sentence for each promise that was broken. Empty is good. */
  readonly broken: readonly string[];
  readonly seconds: number;
}

export interface MatrixOptions {
  readonly faults: readonly Fault[];
  readonly modes: readonly ToolServerMode[];
  readonly ledgers: readonly LedgerKind[];
  /** The port of a PostgreSQL server, which is asked for once it is needed. */
  readonly postgres: () => Promise<number>;
  /** How many cells run at the same time. */
  readonly atOnce: number;
  readonly onCell: (cell: Cell) => void;
}

interface Place {
  readonly fault: Fault;
  readonly mode: ToolServerMode;
  readonly ledger: LedgerKind;
}

/** Runs every fault at every kind of tool and ledger, each with a ledger, gateways and an oracle of its own. */
export async function runMatrix(options: MatrixOptions): Promise<Cell[]> {
  const { faults, modes: kinds, ledgers, postgres, atOnce, onCell } = options;
  const waiting: Place[] = faults.flatMap((fault) =>
    kinds.flatMap((mode) =>
      ledgers
        .filter((ledger) => fault.ledger === undefined || fault.ledger === ledger)
        .map((ledger) => ({ fault, mode, ledger })),
    ),
  );
  const cells: Cell[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const cell = await runCell(next, postgres);
      cells.push(cell);
      onCell(cell);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return cells;
}

async function runCell(
  { fault, mode, ledger: kind }: Place,
  postgres: MatrixOptions["postgres"],
): Promise<Cell> {
  const startedMs = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "longstop-fault-"));
  const calls = fault.ways.map((way) => new Call(`${way}-1`, way));
  const ledger = await makeLedger(kind, folder, fault.ownServer ? null : postgres);
  const oracle = await startOracle({ mode, log: join(folder, "effects.jsonl") });
  const site = await Site.make(folder, oracle, ledger);
  let observed: readonly Observed[] = [];
  const broken: string[] = [];
  try {
    await site.startReplicas();
    await fault.run(site, calls);
    observed = await observe(site, calls);
    const expected = fault.expected(mode);
    broken.push(...observed.flatMap((one) => [...brokenPromises(one), ...unexpected(one, expected)]));
    broken.push(...sharedKeys(observed));
  } catch (thrown) {
    broken.push(thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  }
  const seconds = (performance.now() - startedMs) / 1000;
  return { fault: fault.name, mode, ledger: kind, observed, broken, seconds };
}

/** What a line of the table says. */
export interface Line {
  readonly fault: string;
  readonly mode: string;
  readonly ledger: string;
  readonly operations: number;
  readonly effects: number;
  /** Operations whose caller heard one answer only, whatever it called how often. */
  readonly answersEqual: number;
  readonly inDoubt: number;
  /** Doubts about what was surely never done. */
  readonly falseDoubts: number;
  readonly cut: number;
}

export function lineOf({ fault, mode, ledger, observed }: Cell): Line {
  const ends = observed.map((one) => ({ one, end: endOf(one) }));
  const doubts = ends.filter(({ end }) => end === "in-doubt");
  return {
    fault,
    mode,
    ledger,
    operations: observed.length,
    effects: observed.reduce((sum, { effects }) => sum + effects, 0),
    answersEqual: ends.filter(({ end }) => end === "done").length,
    inDoubt: doubts.length,
    falseDoubts: doubts.filter(({ one }) => one.effects === 0).length,
    cut: ends.filter(({ end }) => end === "cut").length,
  };
}

const columns = ["operations", "effects", "answers equal", "in doubt", "false doubt", "cut"];
export const heading = ["fault".padEnd(40), "tool".padEnd(7), "ledger".padEnd(8), ...columns].join("  ");

export function written(line: Line): string {
  const { fault, mode, ledger, operations, effects, answersEqual, inDoubt, falseDoubts, cut } = line;
  const counts = [operations, effects, answersEqual, inDoubt, falseDoubts, cut];
  const row = counts.map((count, i) => String(count).padStart((columns[i] as string).length));
  return [fault.padEnd(40), mode.padEnd(7), ledger.padEnd(8), ...row].join("  ");
}
