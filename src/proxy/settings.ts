import type { KeyedService } from "../exchange/keyed-service.ts";
import type { Mode } from "../exchange/verdict.ts";
import type { Normaliser } from "./turns/normalised.ts";
import type { Credential } from "./credentials.ts";

/** Where requests go: one origin, and a path that stands before every request path. */
export interface Target {
  readonly name: string;
  /** `https://host:port`, without a path. */
  readonly origin: string;
  /** Empty, or a path without a closing slash. */
  readonly basePath: string;
  /** Sent in the place of the client's own; left out, that passes. Never part of a key or a record. */
  readonly credential?: Credential;
  /** HTTP/2 where the upstream offers it. Only for what may be sent again: see `Connections`. */
  readonly http2?: boolean;
  /** The proxy on the way there. */
  readonly proxy?: ProxyHop;
}

/** A proxy between the gateway and a target. */
export interface ProxyHop {
  /** `http://host:port` or `https://…`, without credentials. */
  readonly origin: string;
  /** What `Proxy-Authorization` says, or null. A secret. */
  readonly authorization: string | null;
}

export type EffectClass = "read" | "write" | "irreversible";

/**
 * Which fields of a call make it another operation. A field is `/name` in a body (a JSON Pointer, or
 * the name of a form field or a part) or `?name` in a query. `include` empty: all of them; what is
 * in `ignore` is left out.
 */
export interface KeyFields {
  readonly include: readonly string[];
  readonly ignore: readonly string[];
}

/**
 * Where an operation in doubt can be looked up. In `path` and `equals` stand `{key}`, the key that it
 * was sent with, and `{/name}`, a field of its body.
 */
export interface LookUp {
  /** Path and query of a GET, behind the tool's base URL. */
  readonly path: string;
  /** It was executed where the answer has a value here, one that is equal to `equals` if that is given. */
  readonly found: { readonly at: string; readonly equals?: string };
  /** The part of that answer which callers get as the operation's. */
  readonly answer: string;
  /** It was surely not executed where the answer says one of these, once the doubt is old enough. */
  readonly absent?: {
    readonly statuses: readonly number[];
    /** Where an answer has an empty list; null: that says nothing. */
    readonly emptyAt: string | null;
    readonly afterSeconds: number;
  };
}

/** What somebody says of the calls of a tool; left out: nothing. See `EffectTerms` for the meaning. */
export interface SaidTerms {
  /** `by-method`: GET, HEAD and OPTIONS read, every other method writes. */
  readonly effect?: EffectClass | "by-method";
  readonly keyed?: boolean;
  readonly keyRetentionSeconds?: number;
  readonly idempotent?: boolean;
  readonly notExecuted?: readonly number[];
  readonly storesErrors?: boolean;
  readonly key?: KeyFields;
  readonly preconditions?: readonly string[];
  readonly lookUp?: LookUp;
  readonly timeoutMs?: number;
}

/** What is said of some paths of a tool. */
export interface EffectRule extends SaidTerms {
  /** A pattern of paths behind the tool's name: `/v1/charges/*`. */
  readonly path: string;
  /** In upper case; left out: every method. */
  readonly methods?: readonly string[];
}

/** Which calls of a tool carry out calls that a model decided on. */
export interface DecisionMapping {
  /** The name that the model calls. */
  readonly tool: string;
  /** A pattern of paths behind the tool's name, with `{name}` for a segment that templates may use. */
  readonly path: string;
  /** In upper case; left out: every method. */
  readonly methods?: readonly string[];
  /** How members of the model's arguments are made of the call: see `fillArgument`. */
  readonly arguments: Readonly<Record<string, string>>;
}

/** An HTTP tool behind `/tools/<name>/…`. */
export interface ToolTarget extends Target, SaidTerms {
  readonly effect: EffectClass | "by-method";
  readonly timeoutMs: number;
  /** The first that fits a call counts. */
  readonly rules: readonly EffectRule[];
  /** `stable`: a client key that differs proves another operation. `random`: it proves nothing. */
  readonly clientKeys: "random" | "stable";
  /** The header that carries the idempotency key upstream, whatever `services` say of its place. */
  readonly idempotencyHeader?: string;
  /** What is known of the service behind it, by whole path and method: the first row that fits counts. */
  readonly services: readonly KeyedService[];
  /** Left out, its calls are not checked. */
  readonly arguments?: ToolArguments;
  /** Left out, its calls are not held against what the model decided. */
  readonly decisions?: readonly DecisionMapping[];
}

/** A call on its way to a tool, as it would be sent. */
export interface ToolRequest {
  readonly method: string;
  /** The whole path at the upstream, percent-encoded as it was written. */
  readonly path: string;
  /** The query with its question mark, or an empty string. */
  readonly query: string;
  readonly headers: Iterable<readonly [string, string]>;
  /** Without content codings. */
  readonly body: Uint8Array;
}

/** What came of holding a call against what its API takes. */
export type ArgumentsVerdict =
  /** `notes`: what of the schemas is not enforced, for the operator. */
  | { readonly kind: "fits"; readonly notes: readonly string[] }
  | {
      readonly kind: "faulty" | "unknown-operation";
      /** Each with its place, for programs. */
      readonly faults: readonly unknown[];
      /** How many more there are. */
      readonly more: number;
      /** All of it in words that let a model correct itself. */
      readonly toModel: string;
      readonly notes: readonly string[];
    }
  /** A limit kept it from being looked at. */
  | { readonly kind: "unchecked"; readonly why: string };

/** What the calls of a tool are held against. */
export interface ToolArguments {
  readonly mode: Exclude<Mode, "off">;
  check(request: ToolRequest): Promise<ArgumentsVerdict>;
}

export interface Limits {
  readonly requestBytesMax: number;
  /** A whole answer that is looked at; what passes unwatched has no limit. */
  readonly answerBytesMax: number;
  readonly frameBytesMax: number;
}

/** How long an upstream may take, ms, as far as its connection shows that. */
export interface ConnectionTimeouts {
  /** Until the connection stands. */
  readonly connectMs: number;
  /** From the request to the answer's headers. */
  readonly headersMs: number;
  /** Between two pieces of an answer. */
  readonly idleMs: number;
}

/** How long an upstream may take, ms. */
export interface Timeouts extends ConnectionTimeouts {
  /** From a request for a stream of a model to the first of its text, thinking or calls. */
  readonly firstTokenMs: number;
  /** From the first request for an answer of a model to its end, asking again included; 0: no limit. */
  readonly totalMs: number;
}

/** How long a client can be let wait for a model, and what of that it is told before. */
export interface DeadlineSettings {
  /** `report`: says when a client would have been told something. */
  readonly mode: Mode;
  /** Of a client that says nothing, ms; Infinity: no limit. */
  readonly totalMs: number;
  /** An answer that is one document has headers by then, ms; Infinity: no limit. */
  readonly wholeMs: number;
  /** What the gateway is earlier than the client, in percent of its limit, and in ms at least and at most. */
  readonly marginPercent: number;
  readonly marginMsMin: number;
  readonly marginMsMax: number;
}

/** When a model is asked once more by the gateway itself, in its client's place. */
export interface RetrySettings {
  /** So often for one request; 0: never. */
  readonly attemptsMax: number;
  /** Answers with one of these are retried too, besides what was surely not sent. */
  readonly statuses: readonly number[];
  /** The wait before the first one is a random part of this; it doubles with each. */
  readonly delayMs: number;
  /** No wait is longer: an upstream that asks for more is heard by the client. */
  readonly delayMsMax: number;
}

export interface HoldSettings {
  readonly heldBytesMax: number;
  readonly heldSecondsMax: number;
  readonly preambleMs: number;
  readonly keepAliveSeconds: number;
}

export interface EffectSettings {
  readonly mode: Mode;
  readonly leaseSeconds: number;
  readonly retryWindowSeconds: number;
  readonly effectBodyBytesMax: number;
  /** How long a duplicate waits for the first to end before it is told that it is still running. */
  readonly attachSeconds: number;
  /** What else is held back while an operation is in doubt, within its run. */
  readonly inDoubtLock: "operation" | "tool" | "run";
  /** What becomes of a call that the model has not decided on, where its decisions are known. */
  readonly unrequested: "report" | "block";
}

/**
 * What becomes of the effects of an attempt that goes another way than the one before, once it left out one
 * that was executed then: they go on, wait for an operator, or are refused.
 */
export type OnDivergence = "continue" | "pause" | "fail";

/** What becomes of a model's turn when its client is gone. */
export interface TurnSettings {
  /** `report`: says what would have been done. */
  readonly mode: Mode;
  /** How long a turn waits for its client to come again, ms. */
  readonly graceMs: number;
  /** The same of a stream that had begun, in a run that its client did not name. */
  readonly streamGraceMs: number;
  /** Bytes of all answers that are kept for who may come again. */
  readonly keptBytesMax: number;
  /** How long a recorded turn answers again, ms. */
  readonly replayMs: number;
  /** Attempts of explicit runs whose clients name none. `report`: says where one would have begun. */
  readonly detectedAttempts: Mode;
  /** What becomes of the effects of an attempt that goes another way than the one before. */
  readonly onDivergence: OnDivergence;
  /** `auto`: a stream is asked for also where the client of a recorded turn wants a whole answer. */
  readonly upstreamStreaming: "auto" | "off";
  /** What the retry of a recorded turn that broke off gets: a new answer, what there is of it, or both. */
  readonly onPartial: "attach" | "replay-partial" | "continue";
  /** Makes equal what differs only in what makes no difference; null: nothing does. */
  readonly normalise: Normaliser | null;
}

/** Everything that the engine is told by the configuration. */
export interface EngineSettings {
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly deadlines: DeadlineSettings;
  readonly upstreamRetries: RetrySettings;
  readonly hold: HoldSettings;
  readonly repairAttemptsMax: number;
  readonly effects: EffectSettings;
  readonly turns: TurnSettings;
  readonly upstreams: ReadonlyMap<string, Target>;
  readonly tools: ReadonlyMap<string, ToolTarget>;
  /** Which upstream serves bare `/v1/…`, and which the paths of Anthropic's and of Google's API. */
  readonly defaultOpenai: string | null;
  readonly defaultAnthropic: string | null;
  readonly defaultGemini: string | null;
  readonly unguarded: "pass" | "refuse";
  /** What becomes of a request that leans on what its provider keeps. */
  readonly statefulRequests: "hydrate" | "refuse" | "pass";
}
