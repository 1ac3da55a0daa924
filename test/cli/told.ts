import {
  anonymousSubject,
  type ExchangeFact,
  factKinds,
  passesPlace,
  subjectOfRun,
  type VerdictFact,
} from "../../src/exchange/run-facts.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";

const verdict: VerdictFact = {
  guard: "tool-schema",
  mode: "enforce",
  moment: "call",
  verdict: "block",
  done: "carried-out",
  reason: "No such tool.",
  exchange: "req_1",
  plane: "llm",
  target: "openai",
  conversation: "c",
  stage: null,
  attempt: null,
  tool: "pay",
};

/** Writes a verdict, of a run or of an anonymous exchange (null). */
export async function tellVerdict(
  gateway: Ledger,
  run: string | null,
  more: Partial<VerdictFact> = {},
  tenant = "local",
): Promise<void> {
  const subject = run === null ? anonymousSubject : subjectOfRun(run);
  await gateway.append([{ tenant, subject, kind: factKinds.verdict, value: { ...verdict, ...more } }]);
}

/** Writes that an exchange of a run has ended. */
export async function tellExchange(gateway: Ledger, run: string, more: Partial<ExchangeFact>): Promise<void> {
  const value: ExchangeFact = {
    startedAtMs: 0,
    exchange: "req_1",
    plane: "llm",
    target: "openai",
    method: "POST",
    path: "/v1/chat/completions",
    status: 200,
    ms: 1234,
    stage: null,
    attempt: null,
    agent: null,
    gone: false,
    ...more,
  };
  await gateway.append([{ tenant: "local", subject: subjectOfRun(run), kind: factKinds.exchange, value }]);
}

/** Writes counts of passes. */
export async function tellPasses(gateway: Ledger, fromMs: number, count: number): Promise<void> {
  const passes = [{ guard: "budget", mode: "enforce", moment: "prompt", count }];
  await gateway.append([{ ...passesPlace, kind: factKinds.passes, value: { fromMs, passes } }]);
}
