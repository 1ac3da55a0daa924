import { factKinds, type PassesFact, passesPlace } from "../exchange/run-facts.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { cell } from "./plain.ts";
import { columns } from "./table.ts";
import { timeText } from "./runs-list.ts";

const factsPerPage = 1000;

type Count = PassesFact["passes"][number];

export interface Passes {
  /** Since when, ms since the epoch; null where nothing was counted. */
  readonly fromMs: number | null;
  readonly counts: readonly Count[];
}

/** How often posts let pass, over all that the ledger still has. */
export async function findPasses(ledger: Ledger): Promise<Passes> {
  const { tenant, subject } = passesPlace;
  const sums = new Map<string, Count>();
  let fromMs: number | null = null;
  for (let afterSequence = 0; ;) {
    const page = await ledger.facts(tenant, subject, factKinds.passes, {
      afterSequence,
      limit: factsPerPage,
    });
    for (const { value } of page) {
      const fact = value as PassesFact;
      fromMs = Math.min(fromMs ?? fact.fromMs, fact.fromMs);
      for (const one of fact.passes) {
        const name = JSON.stringify([one.guard, one.mode, one.moment]);
        sums.set(name, { ...one, count: (sums.get(name)?.count ?? 0) + one.count });
      }
    }
    const last = page.at(-1);
    if (last === undefined || page.length < factsPerPage) return { fromMs, counts: [...sums.values()] };
    afterSequence = last.sequence;
  }
}

/** A table for people. */
export function passesTable({ fromMs, counts }: Passes): string {
  if (fromMs === null) return "No pass was counted.\n";
  const rows = counts.map(({ guard, mode, moment, count }) => [cell(guard, 40), mode, moment, String(count)]);
  return `${columns([["GUARD", "MODE", "MOMENT", "PASSES"], ...rows])}Counted since ${timeText(fromMs)}.\n`;
}

/** One JSON object a line. */
export function passesJson({ fromMs, counts }: Passes): string {
  const since = fromMs === null ? null : new Date(fromMs).toISOString();
  return counts.map((one) => `${JSON.stringify({ ...one, since })}\n`).join("");
}
