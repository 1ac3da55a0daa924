import type { Fact } from "./fact.ts";
import type { Plane } from "./exchange.ts";
import type { Message, Part, PromptEdit, ToolChoice, ToolOffer } from "./prompt.ts";
import type { RunUsage } from "./run-usage.ts";
import type { Call, Finish } from "./turn.ts";

/** A tool offered to the model. A rewrite gives another description or schema. */
export interface OfferSubject {
  readonly offer: ToolOffer;
  readonly toolChoice: ToolChoice;
}
export interface OfferRewrite {
  readonly description?: string;
  readonly schemaText?: string;
}

/**
 * A call: proposed in a model's answer (llm), or on its way to a tool (tool, mcp). The same guard
 * meets it on every plane. A rewrite gives other arguments.
 */
export interface CallSubject {
  readonly plane: Plane;
  readonly call: Call;
  /** The arguments before any guard rewrote them. */
  readonly original: Call;
  /** True where the token limit cut the answer inside this call. */
  readonly truncated: boolean;
  /** What was offered in the request that led to this call; empty where that is not known. */
  readonly offers: readonly ToolOffer[];
  /** True where the model may know tools that are not among `offers`. */
  readonly offersElsewhere?: boolean;
}
export interface CallRewrite {
  readonly argumentsText: string;
}

/** A result of a call. A rewrite gives other texts, one for each of `texts`. */
export interface ResultSubject {
  readonly plane: Plane;
  readonly callId: string;
  readonly toolName: string | undefined;
  readonly isError: boolean;
  /** The texts as they stand after earlier guards. */
  readonly texts: readonly string[];
  /** The texts as received: what provenance matches. */
  readonly original: readonly string[];
}
export interface ResultRewrite {
  readonly texts: readonly string[];
}

/** A part of a prompt as it stands after earlier guards. `texts` may differ from `original`. */
export interface PromptPart extends Part {
  readonly currentTexts: readonly string[];
  readonly dropped: boolean;
}

/** The whole request. A rewrite is a list of edits. */
export interface PromptSubject {
  readonly model: string;
  readonly answerTokensMax: number | undefined;
  /** True where the model rejects thinking whose prefix was edited (`Protocol.bindsThinking`). */
  readonly bindsThinking: boolean;
  /** What the model is offered: offers that earlier posts refused are not among them. */
  readonly offers: readonly ToolOffer[];
  readonly messages: readonly Message[];
  readonly parts: readonly PromptPart[];
  /** `chains[i]` identifies the conversation up to and including message i, as the client sent it. */
  readonly chains: readonly string[];
  /** Texts that earlier guards of this request appended to the system prompt. */
  readonly appended: readonly string[];
  /** Facts about this conversation, oldest first. */
  readonly facts: readonly Fact[];
  /** False while the ledger is down: known facts apply, no new fact may be set. */
  readonly factsWritable: boolean;
  /** What its run has used, where a guard asks for it (`Watcher.countsRuns`) and the run is explicit. */
  readonly run: RunUsage | null;
}
export interface PromptRewrite {
  readonly edits: readonly PromptEdit[];
}

/** The model's finished answer: judged, never rewritten. */
export interface ReplySubject {
  readonly text: string;
  readonly calls: readonly Call[];
  readonly finish: Finish | null;
}
/** The five moments a guard can watch, each with its subject and what a rewrite of it is. */
export interface Moments {
  offer: { subject: OfferSubject; to: OfferRewrite };
  call: { subject: CallSubject; to: CallRewrite };
  result: { subject: ResultSubject; to: ResultRewrite };
  prompt: { subject: PromptSubject; to: PromptRewrite };
  reply: { subject: ReplySubject; to: never };
}
export type Moment = keyof Moments;
export const momentNames = [
  "offer",
  "call",
  "result",
  "prompt",
  "reply",
] as const satisfies readonly Moment[];
