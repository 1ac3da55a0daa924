import { type DivergenceFact, factKinds, type RunResumedFact, subjectOfRun } from "../exchange/run-facts.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { knownRun, RunError } from "./known-run.ts";
import { plain } from "./plain.ts";

export interface Resuming {
  readonly run: string;
  readonly tenant: string | undefined;
  /** Left out: the one that went another way last. */
  readonly attempt: string | undefined;
  readonly decision: RunResumedFact["decision"];
  /** Why, in the operator's words. */
  readonly reason: string | undefined;
  readonly user: string;
}

export interface Resumed {
  readonly run: string;
  readonly tenant: string;
  readonly attempt: string | null;
  readonly decision: RunResumedFact["decision"];
}

/** Longest reason that is recorded, in characters. */
const reasonCharsMax = 500;

/**
 * Decides how an attempt goes on that went another way than the one before. Throws a `RunError` where there
 * is no such run, or no such attempt of it.
 */
export async function resumeRun(ledger: Ledger, resuming: Resuming): Promise<Resumed> {
  const { decision, user } = resuming;
  const { run, tenant } = await knownRun(ledger, resuming.run, resuming.tenant);
  const subject = subjectOfRun(run);
  const facts = await ledger.facts(tenant, subject, factKinds.divergence);
  const attempts = facts.map(({ value }) => (value as DivergenceFact).attempt);
  const { attempt = attempts.at(-1) } = resuming;
  if (attempt === undefined || !attempts.includes(attempt)) {
    const which = attempt === undefined || attempt === null ? "No attempt" : `The attempt ${plain(attempt)}`;
    const not = attempt === undefined || attempt === null ? "" : "not ";
    throw new RunError(
      `${which} of the run ${plain(run)} has ${not}gone another way than the one before: nothing waits. ` +
        `longstop runs show ${plain(run)} tells what happened.`,
    );
  }
  const said = resuming.reason?.trim() ?? "";
  const reason = said === "" ? null : plain(said).slice(0, reasonCharsMax);
  const value: RunResumedFact = { attempt, decision, by: user, reason };
  await ledger.append([{ tenant, subject, kind: factKinds.runResumed, value }]);
  return { run, tenant, attempt, decision };
}

/** What the operator is told. */
export function resumedWords({ run, tenant, attempt, decision }: Resumed): string {
  const whose = attempt === null ? "the attempt without a name" : `the attempt ${plain(attempt)}`;
  const what =
    decision === "accept"
      ? "Its effects are executed from now on: the agent may send again what was refused."
      : "None of its effects is executed any more. What was executed before is still told.";
  return `Decided about ${whose} of the run ${plain(run)} (tenant ${plain(tenant)}). ${what}\n`;
}
