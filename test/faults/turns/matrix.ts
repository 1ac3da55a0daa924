import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLedger, type LedgerKind } from "../support/ledgers.ts";
import type { TurnFault } from "./fault.ts";
import { brokenTurnPromises, type AskedTurn } from "./promises.ts";
import { TurnSite } from "./site.ts";
import type { Speech } from "./speech.ts";

/** One fault in one protocol: what became of the turns that were asked for. */
export interface TurnCell {
  readonly fault: string;
  readonly protocol: Speech["name"];
  readonly ledger: LedgerKind;
  readonly asked: readonly AskedTurn[];
  /** One sentence for each promise that was broken. Empty is good. */
  readonly broken: readonly string[];
  readonly seconds: number;
}

export interface TurnMatrixOptions {
  readonly faults: readonly TurnFault[];
  readonly speeches: readonly Speech[];
  readonly ledgers: readonly LedgerKind[];
  /** The port of a PostgreSQL server, which is asked for once it is needed. */
  readonly postgres: () => Promise<number>;
  /** How many cells run at the same time. */
  readonly atOnce: number;
  readonly onCell: (cell: TurnCell) => void;
}

interface Place {
  readonly fault: TurnFault;
  readonly speech: Speech;
  readonly ledger: LedgerKind;
}

/** Runs every fault in every protocol and on every ledger, each with a model and gateways of its own. */
export async function runTurnMatrix(options: TurnMatrixOptions): Promise<readonly TurnCell[]> {
  const { faults, speeches, ledgers, postgres, atOnce, onCell } = options;
  const waiting: Place[] = faults.flatMap((fault) =>
    speeches.flatMap((speech) =>
      ledgers
        .filter((ledger) => fault.ledger === undefined || fault.ledger === ledger)
        .map((ledger) => ({ fault, speech, ledger })),
    ),
  );
  const cells: TurnCell[] = [];
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
  { fault, speech, ledger: kind }: Place,
  postgres: TurnMatrixOptions["postgres"],
): Promise<TurnCell> {
  const startedMs = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "longstop-turn-fault-"));
  const ledger = await makeLedger(kind, folder, fault.ownServer ? null : postgres);
  const site = await TurnSite.make(folder, speech, ledger, fault.unjudged !== true);
  let asked: readonly AskedTurn[] = [];
  const broken: string[] = [];
  try {
    await site.startReplicas();
    await fault.run(site);
    asked = site.askings.map(({ turn, way, heard, paid }) => ({
      turn,
      way,
      heard,
      paid,
      generations: site.model.paid(turn).length,
      forgets: fault.forgets === true,
      holdsCalls: fault.unjudged !== true && fault.dies !== true,
    }));
    if (asked.length === 0) broken.push("nobody asked for anything");
    broken.push(...asked.flatMap(brokenTurnPromises));
  } catch (thrown) {
    broken.push(thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  }
  const seconds = (performance.now() - startedMs) / 1000;
  return { fault: fault.name, protocol: speech.name, ledger: kind, asked, broken, seconds };
}

/** What a line of the table says. */
export interface TurnLine {
  readonly fault: string;
  readonly protocol: string;
  readonly ledger: string;
  readonly turns: number;
  readonly requests: number;
  readonly generations: number;
  /** Requests that were answered from what was made for an earlier one. */
  readonly replayed: number;
  /** Answers that broke off, or were an error: for none of them a call was shown. */
  readonly broken: number;
  readonly whole: number;
}

export function turnLineOf({ fault, protocol, ledger, asked }: TurnCell): TurnLine {
  const heard = asked.flatMap((one) => one.heard);
  return {
    fault,
    protocol,
    ledger,
    turns: asked.length,
    requests: heard.length,
    generations: asked.reduce((sum, { generations }) => sum + generations, 0),
    whole: heard.filter(({ endsWell }) => endsWell).length,
    replayed: heard.filter(({ endsWell, replayed }) => endsWell && replayed).length,
    broken: heard.filter(({ endsWell, left }) => !endsWell && !left).length,
  };
}

const columns = ["turns", "requests", "generations", "whole", "replayed", "broken off"];
export const turnHeading = ["fault".padEnd(54), "protocol ", "ledger  ", ...columns].join("  ");

export function writtenTurn(line: TurnLine): string {
  const { fault, protocol, ledger, turns, requests, generations, whole, replayed, broken } = line;
  const row = [turns, requests, generations, whole, replayed, broken].map((count, i) =>
    String(count).padStart((columns[i] as string).length),
  );
  return [fault.padEnd(54), protocol.padEnd(9), ledger.padEnd(8), ...row].join("  ");
}
