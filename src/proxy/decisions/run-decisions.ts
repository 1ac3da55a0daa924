import type { Run } from "../../exchange/exchange.ts";
import type { Fact } from "../../exchange/fact.ts";
import type { DecidedCall, DecisionsFact } from "../../exchange/run-facts.ts";
import { carriesOut, differences } from "./differences.ts";
import type { MappedCall } from "./mapped-call.ts";

type Turn = Omit<DecisionsFact, "calls">;

/** A call that a model decided on, and where. */
export interface Decision extends DecidedCall {
  readonly turn: Turn;
  /** Its place among the calls of the turn. */
  readonly place: number;
}

/** The decision that a call comes nearest to. */
export interface Nearest {
  readonly call: MappedCall;
  readonly decision: Decision;
  /** The arguments that differ. */
  readonly differing: readonly string[];
}

type Asking = Pick<Run, "stage" | "attempt">;

/** What is known of the decisions of one run, in the order in which its attempts were given them. */
export class RunDecisions {
  readonly #turns = new Set<string>();
  readonly #attempts = new Set<string | null>();
  readonly #byName = new Map<string, Decision[]>();
  #size = 0;
  #sequence = 0;

  /** How far the run's facts are read. */
  get sequence(): number {
    return this.#sequence;
  }

  /** How many calls there are, a turn counted as one more. */
  get size(): number {
    return this.#size + this.#turns.size;
  }

  /**
   * Adds facts in the order of their sequence; of those whose value has left the ledger nothing is known. A
   * turn counts once in an attempt, however often it was given.
   */
  add(facts: readonly Fact[]): void {
    for (const { sequence, value } of facts) {
      if (sequence <= this.#sequence) continue;
      this.#sequence = sequence;
      if (value === undefined) continue;
      const { calls, ...turn } = value as DecisionsFact;
      const name = nameOf(turn);
      if (this.#turns.has(name)) continue;
      this.#turns.add(name);
      this.#attempts.add(turn.attempt);
      for (const [place, call] of calls.entries()) this.#put({ ...call, turn, place });
    }
  }

  #put(decision: Decision): void {
    const equal = this.#byName.get(decision.name);
    if (equal === undefined) this.#byName.set(decision.name, [decision]);
    else equal.push(decision);
    this.#size += 1;
  }

  /** True where this turn was noted for its attempt. */
  has(turn: Omit<Turn, "values">): boolean {
    return this.#turns.has(nameOf(turn));
  }

  /** True where an answer of a model to this attempt was seen, with calls or without. */
  isSeen(attempt: string | null): boolean {
    return this.#attempts.has(attempt);
  }

  /**
   * The decisions that a call may carry out: those of its own attempt and stage. Where there are none, those
   * of the attempt that has the most: an agent that goes on from a checkpoint does not ask for earlier turns
   * again.
   */
  carriedOut({ stage, attempt }: Asking, calls: readonly MappedCall[]): readonly Decision[] {
    const byAttempt = new Map<string | null, Decision[]>();
    for (const name of new Set(calls.map(({ mapping }) => mapping.tool))) {
      for (const decision of this.#byName.get(name) ?? []) {
        const { turn } = decision;
        if (turn.stage !== stage || !calls.some((call) => carriesOut(call, decision))) continue;
        const found = byAttempt.get(turn.attempt);
        if (found === undefined) byAttempt.set(turn.attempt, [decision]);
        else found.push(decision);
      }
    }
    const own = byAttempt.get(attempt);
    if (own !== undefined) return own;
    return [...byAttempt.values()].reduce<readonly Decision[]>(
      (most, one) => (one.length > most.length ? one : most),
      [],
    );
  }

  /** The latest of those decisions of the attempt that differ from a call in the fewest arguments. */
  nearest({ attempt }: Asking, calls: readonly MappedCall[]): Nearest | null {
    let best: Nearest | null = null;
    for (const call of calls) {
      for (const decision of this.#byName.get(call.mapping.tool) ?? []) {
        if (decision.turn.attempt !== attempt) continue;
        const differing = differences(call, decision);
        if (best === null || differing.length <= best.differing.length) best = { call, decision, differing };
      }
    }
    return best;
  }

  /** The names that the attempt's model called, each once. */
  names({ attempt }: Asking): readonly string[] {
    const named = [...this.#byName].filter(([, all]) => all.some(({ turn }) => turn.attempt === attempt));
    return named.map(([name]) => name);
  }
}

function nameOf({ attempt, stage, turn, epoch }: Omit<Turn, "values">): string {
  return JSON.stringify([attempt, stage, turn, epoch]);
}
