import { LongstopError } from "../../exchange/error.ts";
import {
  differenceWords,
  type DivergenceFact,
  factKinds,
  type RunResumedFact,
  subjectOfRun,
} from "../../exchange/run-facts.ts";
import type { ClaimRecord, ClaimState } from "../../ledger/ledger.ts";
import { askedBefore, giveBack } from "./give-back.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/** Effects that are looked at: those that an attempt left out, the latest ones. */
const effectsMax = 100;
/** What may have happened. */
const executed: readonly ClaimState[] = ["done", "resolved-done", "in-doubt"];

/**
 * Refuses a claimed call of an attempt that goes another way than the one before and left out an effect that
 * was executed then (`run.onDivergence`): it may be the same one in other words. The claim is given back as
 * not sent. A second dispatch, which may end a doubt, is never held back.
 */
export async function refuseDiverged(exchange: ToolExchange, record: ClaimRecord): Promise<void> {
  const { mode, onDivergence } = exchange.engine.settings.turns;
  const { id: run } = exchange.at.caller.run;
  if (mode !== "enforce" || onDivergence === "continue" || run === null || record.doubted) return;
  const stopped = await askedBefore(exchange, record, () => stopOf(exchange, run, onDivergence));
  if (stopped === null) return;
  await giveBack(exchange, record, "its attempt goes another way than the one before");
  throw refusal(run, stopped);
}

interface Stopped {
  readonly kind: "paused" | "failed";
  readonly divergence: DivergenceFact;
  /** An effect that the attempt left out. */
  readonly left: ClaimRecord;
}

/** Why an attempt executes nothing more, or null where it may. */
async function stopOf(
  exchange: ToolExchange,
  run: string,
  onDivergence: "pause" | "fail",
): Promise<Stopped | null> {
  const { engine, at } = exchange;
  const { tenant } = at.caller;
  const { attempt } = at.caller.run;
  const said = async <Value extends { readonly attempt: string | null }>(
    kind: string,
  ): Promise<readonly Value[]> => {
    const facts = await engine.ledger.facts(tenant, subjectOfRun(run), kind);
    return facts.map(({ value }) => value as Value).filter((value) => value.attempt === attempt);
  };
  const [divergence] = await said<DivergenceFact>(factKinds.divergence);
  if (divergence === undefined) return null;
  const decision = (await said<RunResumedFact>(factKinds.runResumed)).at(-1)?.decision;
  if (decision === "accept") return null;
  const filter = { tenant, run, kind: "effect", states: executed, limit: effectsMax } as const;
  const skipped = await engine.ledger.listClaims({ ...filter, notAskedBy: { attempt } });
  const left = skipped.find((one) => !isNamedByClient(exchange, one));
  if (left === undefined) return null;
  return { kind: onDivergence === "fail" || decision === "fail" ? "failed" : "paused", divergence, left };
}

/** What a client asks for by a key of its own is not counted, so nobody knows whether it was left out. */
function isNamedByClient({ engine }: ToolExchange, { clientKey, detail }: ClaimRecord): boolean {
  const tool = engine.settings.tools.get(String(detail["tool"]));
  return clientKey !== null && tool?.clientKeys === "stable";
}

function refusal(run: string, { kind, divergence, left }: Stopped): LongstopError {
  const { attempt, turn } = divergence;
  const whose = `The attempt ${attempt === null ? "without a name" : JSON.stringify(attempt)}`;
  const why =
    `${whose} of the run ${JSON.stringify(run)} asked the model for another turn than the one before ` +
    `(${differenceWords(divergence)}), and left out operation ${left.id} of the tool ` +
    `${String(left.detail["tool"])}, which was executed then. This call was not sent.`;
  const detail = { run, attempt, turn, operation: left.id };
  if (kind === "failed") return new LongstopError("run_diverged", why, { detail });
  const what = `An operator decides how it goes on: longstop resume ${run} --accept, or --fail.`;
  return new LongstopError("run_paused", `${why} ${what}`, { detail });
}
