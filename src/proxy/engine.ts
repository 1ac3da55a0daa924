import type { ModelUsage } from "../exchange/run-usage.ts";
import type { Log } from "../exchange/log.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { DetectedAttempts } from "./attempts/detected-attempts.ts";
import type { Divergences } from "./attempts/divergence.ts";
import type { Clock } from "./clock.ts";
import type { Conversations } from "./conversation.ts";
import type { Decisions } from "./decisions/decisions.ts";
import type { KeptAnswers } from "./kept-answers.ts";
import type { KeptVerdicts } from "./kept-verdicts.ts";
import type { LateFacts } from "./late-facts.ts";
import type { PassCounts } from "./pass-counts.ts";
import type { Posts } from "./posts.ts";
import type { RunEnds } from "./run-ends.ts";
import type { RunUsages } from "./run-usage.ts";
import type { PrefixRefusals } from "./turns/prefix-refusals.ts";
import type { RecordedRequests } from "./turns/recorded-requests.ts";
import type { RunningTurns } from "./turns/running-turns.ts";
import type { StreamingModels } from "./turns/streaming-models.ts";
import type { EngineSettings } from "./settings.ts";
import type { Tenancy } from "./tenancy.ts";
import type { Upstreams } from "./upstream.ts";
import type { WrittenVerdicts } from "./verdict-record.ts";
import type { Version, Versions } from "./versions.ts";

/** What the engine works with. Everything that has an effect is passed in. */
export interface Engine {
  readonly settings: EngineSettings;
  readonly protocols: readonly Protocol[];
  readonly posts: Posts;
  /** What of the posts a conversation keeps from its beginning, and the versions of earlier ones. */
  readonly version: Version;
  readonly versions: Versions;
  /** Null where everyone who comes is the one tenant. */
  readonly tenancy: Tenancy | null;
  readonly ledger: Ledger;
  readonly conversations: Conversations;
  readonly keptVerdicts: KeptVerdicts;
  readonly keptAnswers: KeptAnswers;
  readonly runUsages: RunUsages;
  readonly runEnds: RunEnds;
  readonly runningTurns: RunningTurns;
  readonly recordedRequests: RecordedRequests;
  readonly detectedAttempts: DetectedAttempts;
  readonly divergences: Divergences;
  readonly decisions: Decisions;
  readonly streamingModels: StreamingModels;
  readonly prefixRefusals: PrefixRefusals;
  /** Hides the credentials of a tenant in what turns are told apart by; the same on every replica. */
  readonly accountKey: (tenant: string) => Promise<Uint8Array>;
  readonly writtenVerdicts: WrittenVerdicts;
  readonly passes: PassCounts;
  readonly lateFacts: LateFacts;
  readonly upstreams: Upstreams;
  /** What an answer of a model costs, by the prices of the configuration; null where it has none there. */
  readonly cost: (usage: ModelUsage) => number | null;
  readonly log: Log;
  /** Says something once to the operator (per `subject`). */
  readonly report: (subject: string, sentence: string) => void;
  readonly newId: () => string;
  /** From 0 to below 1: what waits of many are spread by. */
  readonly random: () => number;
  readonly clock: Clock;
  /** Names this process in the ledger: who holds a claim. */
  readonly owner: string;
}
