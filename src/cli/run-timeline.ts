import { writeMs } from "../config/units.ts";
import type { Fact } from "../exchange/fact.ts";
import {
  anonymousSubject,
  type AttemptFact,
  type DecisionsFact,
  differenceWords,
  type DivergenceFact,
  type ExchangeFact,
  factKinds,
  type RunClosedFact,
  type RunResumedFact,
  subjectOfRun,
  type TurnGivenUpFact,
  type VerdictFact,
} from "../exchange/run-facts.ts";
import type { ClaimRecord, Ledger } from "../ledger/ledger.ts";
import { callName, decisionOf, effectJson, stateWords } from "./effects-list.ts";
import { cell } from "./plain.ts";
import { columns } from "./table.ts";
import { givenUpWords, turnJson, turnWords } from "./turns-list.ts";

/** Facts that are read in one piece, and those that are kept of a subject: the latest ones. */
const factsPerPage = 10_000;
const factsMax = 20_000;
/** Claims of one run that are read: the latest ones. */
const claimsMax = 10_000;

/** One thing that happened in a run. */
export interface TimelineEntry {
  readonly atMs: number;
  readonly what:
    | "exchange"
    | "turn"
    | "given-up"
    | "effect"
    | "verdict"
    | "decisions"
    | "attempt"
    | "diverged"
    | "resumed"
    | "closed"
    | "fact";
  readonly stage: string | null;
  readonly attempt: string | null;
  /** One line for people; it may hold what a client wrote. */
  readonly words: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Timeline {
  /** The oldest first. */
  readonly entries: readonly TimelineEntry[];
  /** How many there are before these, as far as they were read. */
  readonly earlier: number;
}

export interface TimelineQuery {
  readonly tenant: string;
  /** Null: the verdicts on exchanges that belong to no run. */
  readonly run: string | null;
  readonly limit: number;
  /** How many of the latest entries are left out. */
  readonly skip: number;
}

/** The latest that happened in a run, in the order of time. */
export async function timelineOf(ledger: Ledger, query: TimelineQuery, nowMs: number): Promise<Timeline> {
  const { tenant, run, limit, skip } = query;
  const facts = await latestFacts(ledger, tenant, run === null ? anonymousSubject : subjectOfRun(run));
  const claims = run === null ? [] : await ledger.listClaims({ tenant, run, limit: claimsMax });
  const effects = claims.filter(({ kind }) => kind === "effect");
  const turns = claims.filter(({ kind }) => kind === "turn");
  const all = [
    ...facts.map(ofFact),
    ...turns.map((record) => ofTurn(record, nowMs)),
    ...effects.map((record) => ofEffect(record, nowMs)),
  ];
  all.sort((one, other) => one.atMs - other.atMs);
  const end = Math.max(0, all.length - skip);
  const begin = Math.max(0, end - limit);
  return { entries: all.slice(begin, end), earlier: begin };
}

async function latestFacts(ledger: Ledger, tenant: string, subject: string): Promise<readonly Fact[]> {
  let facts: Fact[] = [];
  for (let afterSequence = 0; ;) {
    const page = await ledger.facts(tenant, subject, undefined, { afterSequence, limit: factsPerPage });
    facts = [...facts, ...page].slice(-factsMax);
    const last = page.at(-1);
    if (last === undefined || page.length < factsPerPage) return facts;
    afterSequence = last.sequence;
  }
}

/** What belongs to the run as a whole. */
const ofNone = { stage: null, attempt: null } as const;

function ofFact({ kind, value, atMs }: Fact): TimelineEntry {
  switch (kind) {
    case factKinds.exchange: {
      const fact = value as ExchangeFact;
      const { startedAtMs, ...json } = fact;
      const { stage, attempt } = fact;
      return { atMs: startedAtMs, what: "exchange", stage, attempt, words: exchangeWords(fact), json };
    }
    case factKinds.verdict: {
      const fact = value as VerdictFact;
      const { stage, attempt } = fact;
      return { atMs, what: "verdict", stage, attempt, words: verdictText(fact), json: { ...fact } };
    }
    case factKinds.turnGivenUp: {
      const fact = value as TurnGivenUpFact;
      const { stage, attempt } = fact;
      return { atMs, what: "given-up", stage, attempt, words: givenUpWords(fact), json: { ...fact } };
    }
    case factKinds.runClosed: {
      const fact = value as RunClosedFact;
      const words = `by ${fact.by}${fact.reason === null ? "" : `: ${fact.reason}`}`;
      return { atMs, what: "closed", ...ofNone, words, json: { ...fact } };
    }
    case factKinds.attempt:
      return ofAttempt(value as AttemptFact, atMs);
    case factKinds.divergence: {
      const fact = value as DivergenceFact;
      const { attempt } = fact;
      return {
        atMs,
        what: "diverged",
        stage: null,
        attempt,
        words: divergenceWords(fact),
        json: { ...fact },
      };
    }
    case factKinds.runResumed: {
      const fact = value as RunResumedFact;
      const { attempt, decision, by, reason } = fact;
      const words = `${decision} by ${by}${reason === null ? "" : `: ${reason}`}`;
      return { atMs, what: "resumed", stage: null, attempt, words, json: { ...fact } };
    }
    case factKinds.decisions:
      // One that is too large lies elsewhere.
      return isDecisions(value) ? ofDecisions(value, atMs) : ofOther(kind, value, atMs);
    default:
      return ofOther(kind, value, atMs);
  }
}

function ofAttempt(fact: AttemptFact, atMs: number): TimelineEntry {
  const { attempt } = fact;
  const words = attempt === null ? "the run begins" : "begins: the run's first turn was asked for again";
  return { atMs, what: "attempt", stage: null, attempt, words, json: { ...fact } };
}

function divergenceWords(fact: DivergenceFact): string {
  return `${differenceWords(fact)}: turn ${fact.turn} where turn ${fact.recorded} was recorded`;
}

function ofOther(kind: string, value: unknown, atMs: number): TimelineEntry {
  const words = `${kind} ${JSON.stringify(value)}`;
  return { atMs, what: "fact", ...ofNone, words, json: { kind, value } };
}

function isDecisions(value: unknown): value is DecisionsFact {
  return typeof value === "object" && value !== null && "calls" in value;
}

function ofDecisions(fact: DecisionsFact, atMs: number): TimelineEntry {
  const { turn, stage, attempt, calls } = fact;
  const named = calls.length === 0 ? "no call" : calls.map(({ id, name }) => `${name} (${id})`).join(", ");
  return { atMs, what: "decisions", stage, attempt, words: `${named} of turn ${turn}`, json: { ...fact } };
}

function exchangeWords({ plane, target, method, path, status, ms, agent, gone }: ExchangeFact): string {
  const whose = agent === null ? "" : ` by ${agent}`;
  const left = gone ? ", client left" : "";
  return `${plane} ${target} ${method} ${path} ${status}, ${writeMs(ms)}${whose}${left}`;
}

const doneWords: Readonly<Record<VerdictFact["done"], string>> = {
  "carried-out": "",
  "only-reported": " (only reported)",
  overtaken: " (overtaken)",
  "let-pass": " (let pass)",
};

function verdictText({ guard, moment, verdict, done, tool, reason }: VerdictFact): string {
  const about = tool === undefined ? moment : `${moment} of ${tool}`;
  return `${guard}: ${verdict}${doneWords[done]}, ${about}: ${reason}`;
}

function ofEffect(record: ClaimRecord, nowMs: number): TimelineEntry {
  const { id, stage, attempt, createdAtMs: atMs, reason } = record;
  const why = reason === null ? "" : `: ${reason}`;
  const decided = decisionOf(record);
  const by = decided === null ? "" : `, decided by ${decided.call} of turn ${decided.turn}`;
  const words = `${callName(record)} ${stateWords(record, nowMs)}${why} (operation ${id}${by})`;
  return { atMs, what: "effect", stage, attempt, words, json: effectJson(record, nowMs) };
}

function ofTurn(record: ClaimRecord, nowMs: number): TimelineEntry {
  const { stage, attempt, createdAtMs: atMs } = record;
  return {
    atMs,
    what: "turn",
    stage,
    attempt,
    words: turnWords(record, nowMs),
    json: turnJson(record, nowMs),
  };
}

/** Widest cells, in characters. */
const widths = { attempt: 32, stage: 16, words: 200 } as const;

/** A table for people. It has a column of attempts where an attempt has a name. */
export function timelineTable(entries: readonly TimelineEntry[]): string {
  const isNamed = entries.some(({ attempt }) => attempt !== null);
  const only = (text: string): readonly string[] => (isNamed ? [text] : []);
  return columns([
    ["TIME", "WHAT", ...only("ATTEMPT"), "STAGE", ""],
    ...entries.map(({ atMs, what, attempt, stage, words }) => [
      new Date(atMs).toISOString(),
      what,
      ...only(cell(attempt ?? "-", widths.attempt)),
      cell(stage ?? "-", widths.stage),
      cell(words, widths.words),
    ]),
  ]);
}

/** One JSON object a line. */
export function timelineJson(entries: readonly TimelineEntry[]): string {
  return entries
    .map(({ atMs, what, json }) => `${JSON.stringify({ at: new Date(atMs).toISOString(), what, ...json })}\n`)
    .join("");
}
