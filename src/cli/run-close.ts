import { factKinds, type RunClosedFact, subjectOfRun } from "../exchange/run-facts.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { knownRun } from "./known-run.ts";
import { plain } from "./plain.ts";
import { timeText } from "./runs-list.ts";

export interface Closing {
  readonly run: string;
  readonly tenant: string | undefined;
  /** Why, in the operator's words. */
  readonly reason: string | undefined;
  readonly user: string;
}

export interface Closed {
  readonly run: string;
  readonly tenant: string;
  readonly closedAtMs: number;
  /** False where it had been closed before. */
  readonly now: boolean;
}

/** Longest reason that is recorded, in characters. */
const reasonCharsMax = 500;

/** Closes a run, and says since when it is closed. Throws a `RunError` where there is no such run. */
export async function closeRun(ledger: Ledger, closing: Closing): Promise<Closed> {
  const { run, tenant } = await knownRun(ledger, closing.run, closing.tenant);
  return closeKnown(ledger, { ...closing, run, tenant });
}

/** The same of a run of a known tenant, also where nothing has been written about it yet. */
export async function closeKnown(
  ledger: Ledger,
  { run, tenant, reason, user }: Closing & { readonly tenant: string },
): Promise<Closed> {
  const before = await closedSince(ledger, tenant, run);
  if (before !== null) return { run, tenant, closedAtMs: before, now: false };
  const said = reason?.trim() ?? "";
  const value: RunClosedFact = {
    by: user,
    reason: said === "" ? null : plain(said).slice(0, reasonCharsMax),
  };
  const [fact] = await ledger.append([
    { tenant, subject: subjectOfRun(run), kind: factKinds.runClosed, value },
  ]);
  if (fact === undefined) throw new Error("a closing that was appended gave no fact");
  return { run, tenant, closedAtMs: fact.atMs, now: true };
}

/** Since when a run is closed, ms since the epoch; null where it is open. */
export async function closedSince(ledger: Ledger, tenant: string, run: string): Promise<number | null> {
  const [fact] = await ledger.facts(tenant, subjectOfRun(run), factKinds.runClosed, { limit: 1 });
  return fact?.atMs ?? null;
}

/** What the operator is told. */
export function closedWords({ run, tenant, closedAtMs, now }: Closed): string {
  const whose = `${plain(run)} (tenant ${plain(tenant)})`;
  if (!now) return `The run ${whose} was closed already, at ${timeText(closedAtMs)}.\n`;
  return (
    `The run ${whose} is closed. What is under way goes on; a running gateway refuses new requests under ` +
    "its id with 400 run_closed from a second from now.\n"
  );
}
