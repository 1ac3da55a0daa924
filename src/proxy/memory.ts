import type { Log } from "../exchange/log.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { DetectedAttempts } from "./attempts/detected-attempts.ts";
import { Divergences } from "./attempts/divergence.ts";
import { Conversations } from "./conversation.ts";
import { Decisions } from "./decisions/decisions.ts";
import type { Engine } from "./engine.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { KeptVerdicts } from "./kept-verdicts.ts";
import { LateFacts } from "./late-facts.ts";
import { PassCounts } from "./pass-counts.ts";
import { RunEnds } from "./run-ends.ts";
import { RunUsages } from "./run-usage.ts";
import { PrefixRefusals } from "./turns/prefix-refusals.ts";
import { RecordedRequests } from "./turns/recorded-requests.ts";
import { tellGivenUp } from "./turns/given-up.ts";
import { RunningTurns } from "./turns/running-turns.ts";
import { StreamingModels } from "./turns/streaming-models.ts";
import { WrittenVerdicts } from "./verdict-record.ts";

/** What an engine holds of a ledger, and of what goes there. It outlasts every configuration. */
export type Memory = Pick<
  Engine,
  | "conversations"
  | "keptVerdicts"
  | "keptAnswers"
  | "runUsages"
  | "runEnds"
  | "runningTurns"
  | "recordedRequests"
  | "detectedAttempts"
  | "divergences"
  | "decisions"
  | "streamingModels"
  | "prefixRefusals"
  | "writtenVerdicts"
  | "passes"
  | "lateFacts"
>;

/** An empty memory. Its `lateFacts` must be closed before the ledger is. */
export function memoryOf(ledger: Ledger, log: Log, now: () => number): Memory {
  const conversations = new Conversations(ledger, log);
  const passes = new PassCounts(now);
  const recordedRequests = new RecordedRequests(ledger);
  return {
    conversations,
    keptVerdicts: new KeptVerdicts(),
    keptAnswers: new KeptAnswers(conversations),
    runUsages: new RunUsages(ledger, log, now),
    runEnds: new RunEnds(ledger, log, now),
    recordedRequests,
    detectedAttempts: new DetectedAttempts(ledger, log),
    divergences: new Divergences(ledger, recordedRequests, log),
    runningTurns: new RunningTurns((turn) => {
      const { origin } = turn.place;
      if (origin !== undefined) void tellGivenUp(turn, origin);
    }),
    streamingModels: new StreamingModels(now),
    prefixRefusals: new PrefixRefusals(now),
    decisions: new Decisions(ledger, log, now),
    writtenVerdicts: new WrittenVerdicts(),
    passes,
    lateFacts: new LateFacts(ledger, passes, log, now),
  };
}
