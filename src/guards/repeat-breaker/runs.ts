import type { PromptSubject } from "../../exchange/moments.ts";
import { latestRounds, sameRound, sameStep, type Round, type Step } from "./rounds.ts";

/** Of how many turns the longest pattern consists that is recognised: A-B-C-A-B-C. */
const periodMax = 3;

/** Something that comes in a row at the end of a history. */
export interface Run {
  readonly kind: "repeated" | "failed";
  /** How often it came, as far as was looked. */
  readonly count: number;
  /** Of how many turns each time consists. */
  readonly period: number;
  /** The names of the tools in it, each once. */
  readonly tools: readonly string[];
  /** The message in which it began. */
  readonly from: number;
}

export interface Rules {
  /** How often is often, for equal calls and for failed ones; 0 looks for none. */
  readonly repeatsMax: number;
  readonly failuresMax: number;
  readonly isPolling: (tool: string) => boolean;
  readonly failed: (step: Step) => boolean;
}

/**
 * The run at the end of a history that is as long as its limit, or undefined. Looks no further back
 * than to the first difference, and than twice the limit.
 */
export function runAtEnd(subject: PromptSubject, rules: Rules): Run | undefined {
  const rounds = new Rounds(subject);
  if (rounds.at(0) === undefined) return undefined;
  return repeatedRun(rounds, rules) ?? failedRun(rounds, rules);
}

/** The rounds, read as far as somebody asks. */
class Rounds {
  readonly #read: Round[] = [];
  readonly #source: Iterator<Round>;

  constructor(subject: PromptSubject) {
    this.#source = latestRounds(subject);
  }

  at(index: number): Round | undefined {
    while (this.#read.length <= index) {
      const next = this.#source.next();
      if (next.done === true) return undefined;
      this.#read.push(next.value);
    }
    return this.#read[index];
  }

  /** Every step, the latest first. */
  *steps(): Generator<{ readonly step: Step; readonly message: number }, void, undefined> {
    for (let index = 0; ; index++) {
      const round = this.at(index);
      if (round === undefined) return;
      for (const step of round.steps.toReversed()) yield { step, message: round.message };
    }
  }
}

function repeatedRun(rounds: Rounds, rules: Rules): Run | undefined {
  const { repeatsMax } = rules;
  if (repeatsMax === 0) return undefined;
  const equal = equalSteps(rounds, rules);
  if (equal.count >= repeatsMax) return equal;
  for (let period = 1; period <= periodMax; period++) {
    const run = periodicRun(rounds, period, rules);
    if (run.count >= repeatsMax) return run;
  }
  return undefined;
}

/** Equal calls one behind the other, those side by side in one turn included. */
function equalSteps(rounds: Rounds, { repeatsMax, isPolling }: Rules): Run {
  let latest: Step | undefined;
  let count = 0;
  let from = 0;
  for (const { step, message } of rounds.steps()) {
    latest ??= step;
    if (isPolling(step.call.name)) break;
    if (count > 0 && !sameStep(latest, step)) break;
    count++;
    from = message;
    if (count >= 2 * repeatsMax) break;
  }
  return { kind: "repeated", count, period: 1, tools: [latest?.call.name ?? ""], from };
}

/** A pattern of several turns, or of one with several calls, that comes again and again. */
function periodicRun(rounds: Rounds, period: number, { repeatsMax, isPolling }: Rules): Run {
  const none = { kind: "repeated", count: 0, period, tools: [], from: 0 } as const;
  const pattern: Round[] = [];
  for (let index = 0; index < period; index++) {
    const round = rounds.at(index);
    // Waiting is what polling is for, also with other calls between.
    if (round === undefined || round.steps.some(({ call }) => isPolling(call.name))) return none;
    pattern.push(round);
  }
  let equal = 0;
  for (; equal < period * (2 * repeatsMax - 1); equal++) {
    const older = rounds.at(equal + period);
    if (older === undefined || !sameRound(pattern[equal % period] as Round, older)) break;
  }
  const count = Math.floor(equal / period) + 1;
  const from = rounds.at(count * period - 1)?.message ?? 0;
  const tools = pattern.flatMap(({ steps }) => steps.map(({ call }) => call.name));
  return { kind: "repeated", count, period, tools: [...new Set(tools.toReversed())], from };
}

function failedRun(rounds: Rounds, { failuresMax, failed }: Rules): Run | undefined {
  if (failuresMax === 0) return undefined;
  const tools = new Set<string>();
  let count = 0;
  let from = 0;
  for (const { step, message } of rounds.steps()) {
    if (!failed(step)) break;
    tools.add(step.call.name);
    count++;
    from = message;
    if (count >= 2 * failuresMax) break;
  }
  return count < failuresMax ? undefined : { kind: "failed", count, period: 1, tools: [...tools], from };
}
