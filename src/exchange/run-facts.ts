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
  attempt: "attempt",
  divergence: "divergence",
  runResumed: "run-resumed",
  decisions: "decisions",
  turnGivenUp: "turn-given-up",
} as const;

/**
 * Kinds that are written for people and never read back to decide anything: each such fact leaves by its
 * own age, where all others of a subject leave together.
 */
export const toldKinds: readonly string[] = [
  factKinds.verdict,
  factKinds.exchange,
  factKinds.passes,
  factKinds.turnGivenUp,
];

/** The subject of verdicts on exchanges that belong to no run. */
export const anonymousSubject = "anonymous";
/** Where the counts of passes lie: the tenant's name is the operator's, which no tenant has. */
export const passesPlace = { tenant: "-", subject: "passes" } as const;

const runPrefix = "run:";

export function subjectOfRun(run: string): string {
  return runPrefix + run;
}

/** What became of a verdict: `overtaken` where another one ended the matter before it had an effect. */
export type Carried = "carried-out" | "only-reported" | "overtaken" | "let-pass";

/** What a verdict that is no pass can be; `failure`: the guard failed, and its failure was let pass. */
export type VerdictKind = "rewrite" | "answer" | "confirm" | "block" | "failure";

/** The value of a fact of kind `verdict`. It never holds what was judged, only where that is found. */
export interface VerdictFact {
  readonly guard: string;
  readonly mode: "report" | "enforce";
  readonly moment: string;
  readonly verdict: VerdictKind;
  readonly done: Carried;
  /** One sentence, cut where it is long. */
  readonly reason: string;
  readonly exchange: string;
  readonly plane: string;
  readonly target: string;
  readonly conversation: string | null;
  readonly stage: string | null;
  readonly attempt: string | null;
  /** The tool that it is about, the id of the call, and the hash of the message that it stands in. */
  readonly tool?: string;
  readonly call?: string;
  readonly message?: string;
}

/** The value of a fact of kind `exchange`: one exchange of an explicit run, once it has ended. */
export interface ExchangeFact {
  /** When it began, ms since the epoch: the fact itself is written later. */
  readonly startedAtMs: number;
  readonly exchange: string;
  readonly plane: string;
  readonly target: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly stage: string | null;
  readonly attempt: string | null;
  readonly agent: string | null;
  /** True where the client had left before its answer was handed over. */
  readonly gone: boolean;
}

/** A call that a model decided on, as far as a call of a tool is held against it. */
export interface DecidedCall {
  readonly id: string;
  readonly name: string;
  /** The members of its arguments and a hash over the value of each; none where these are no object. */
  readonly arguments: readonly (readonly [name: string, hash: string])[];
}

/** The value of a fact of kind `decisions`: the calls of one turn, and the attempt that was given it. */
export interface DecisionsFact {
  /** The id of the turn's record, and under which epoch it was made; an exchange's where it has no record. */
  readonly turn: string;
  readonly epoch: number;
  readonly stage: string | null;
  readonly attempt: string | null;
  readonly calls: readonly DecidedCall[];
  /** Where the values of arguments lie, as far as they are kept for people; null: nowhere. */
  readonly values: string | null;
}

/** The value of a fact of kind `turn-given-up`: an answer that was paid for, and that nobody came for. */
export interface TurnGivenUpFact {
  readonly exchange: string;
  /** The id of its record, or null where it has none. */
  readonly turn: string | null;
  readonly target: string;
  readonly model: string;
  readonly stage: string | null;
  readonly attempt: string | null;
  /** From the request to the end of the work on it. */
  readonly ms: number;
  /** Of the answer, as far as it came. */
  readonly bytes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** True where the upstream did not say them, or not all: then they are counted from the texts. */
  readonly estimated: boolean;
  /** In the currency of the prices; null where the model has no price. */
  readonly cost: number | null;
}

/** The value of a fact of kind `run-closed`. */
export interface RunClosedFact {
  readonly by: string;
  readonly reason: string | null;
}

/** The value of a fact of kind `passes`: what was let pass since the fact before, by post and moment. */
export interface PassesFact {
  /** When the first of them was, ms since the epoch. */
  readonly fromMs: number;
  readonly passes: readonly {
    readonly guard: string;
    readonly mode: "report" | "enforce";
    readonly moment: string;
    readonly count: number;
  }[];
}

/**
 * The value of a fact of kind `attempt`: how an attempt without a name of its client's began. The first of a
 * run tells the turn that the run began with; later ones, that this turn was asked for anew.
 */
export interface AttemptFact {
  /** What it is called; null: the first one. */
  readonly attempt: string | null;
  /** The key of the run's first turn. */
  readonly first: string;
  readonly exchange: string;
}

/** The value of a fact of kind `divergence`: an attempt asked for another turn than the one before it. */
export interface DivergenceFact {
  readonly attempt: string | null;
  /** The turn that it asked for, and the one that was recorded at this place: ids of records. */
  readonly turn: string;
  readonly recorded: string;
  /** The first message that differs, from 1 on; null: all that it has are the same. */
  readonly message: number | null;
  /** Members of the body besides the messages that differ. */
  readonly parameters: readonly string[];
  readonly exchange: string;
}

/** The value of a fact of kind `run-resumed`: what an operator decided about a paused attempt. */
export interface RunResumedFact {
  readonly attempt: string | null;
  readonly decision: "accept" | "fail";
  readonly by: string;
  readonly reason: string | null;
}

/** `from message 3 on, and in tools`: how a turn differs from the one that was recorded in its place. */
export function differenceWords({
  message,
  parameters,
}: Pick<DivergenceFact, "message" | "parameters">): string {
  const from = message === null ? [] : [`from message ${message} on`];
  return [...from, ...(parameters.length === 0 ? [] : [`in ${parameters.join(", ")}`])].join(", and ");
}
