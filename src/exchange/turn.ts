/** A tool call in a model's answer that the client would execute. */
export interface Call {
  readonly id: string;
  readonly name: string;
  readonly kind: "function" | "custom";
  /** The arguments as text exactly as the model wrote them: JSON, or free text for `custom`. */
  readonly argumentsText: string;
}

/** A call in its place in an answer. */
export interface TurnCall extends Call {
  /** Which of several answers (`n`) it belongs to. */
  readonly choice: number;
  /** Its order among the calls of that answer, from 0. */
  readonly position: number;
  /** True where the answer was cut by the token limit inside this call. */
  readonly truncated: boolean;
}

/** Why the model stopped, in our words. `other` is any reason this version does not know. */
export type Finish = "stop" | "calls" | "length" | "refusal" | "other";

/** Tokens of one answer. Fields are undefined where the upstream did not say. */
export interface Usage {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly cacheReadTokens: number | undefined;
  readonly cacheWriteTokens: number | undefined;
}

/** A model's answer to one prompt, as read from JSON or from a stream. */
export interface Turn {
  /** The upstream's id of the answer, or an empty string. */
  readonly id: string;
  /** All text that the client can see, joined, of the first answer. */
  readonly text: string;
  readonly calls: readonly TurnCall[];
  /** Names of calls that the provider executes itself (seen, not held). */
  readonly providerCalls: readonly string[];
  /** Null until the answer said why it stopped. */
  readonly finish: Finish | null;
  readonly usage: Usage | undefined;
  /** How many answers were seen; more than one means no repair. */
  readonly choices: number;
  /** True once the protocol's end was seen; false for a stream that was cut. */
  readonly complete: boolean;
  /** True where the provider keeps this answer, so that a later request may only name its id. */
  readonly kept?: boolean;
  /** True where the provider makes this answer whether or not anybody listens: it is fetched by its id. */
  readonly background?: boolean;
}

/** What is done with a call when its turn is released. */
export type CallChange =
  | { readonly call: TurnCall; readonly kind: "rewrite"; readonly argumentsText: string }
  | { readonly call: TurnCall; readonly kind: "drop" };

/** What the model is told about one call of a turn when it is asked again. */
export interface CallOutcome {
  readonly call: TurnCall;
  readonly text: string;
  readonly isError: boolean;
}
