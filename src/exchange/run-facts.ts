/**
 * What the ledger tells of runs besides operations. The kinds of these facts are the gateway's own; a guard
 * names its facts otherwise.
 */
export const factKinds = {
  verdict: "verdict",
  exchange: "exchange",
  passes: "passes",
  runClosed: "run-closed",
  runUsage: "run-usage",
} as const;

/**
 * Kinds that are written for people and never read back to decide anything: each such fact leaves by its
 * own age, where all others of a subject leave together.
 */
export const toldKinds: readonly string[] = [factKinds.verdict, factKinds.exchange, factKinds.passes];

const runPrefix = "run:";

export function subjectOfRun(run: string): string {
  return runPrefix + run;
}

/** What a verdict that is no pass can be; `failure`: the guard failed, and its failure was let pass. */
export type VerdictKind = "rewrite" | "answer" | "confirm" | "block" | "failure";
