import type { Plane } from "../exchange/exchange.ts";
import type { KeyedService } from "../exchange/keyed-service.ts";
import type { Mode, OnError } from "../exchange/verdict.ts";
import type { ToolOperations } from "./tool-arguments.ts";

/** Where the gateway listens. Port 0 takes any free one. */
interface ListenConfig {
  readonly host: string;
  readonly port: number;
  /** True where the operator vouches for everyone who can reach a host beyond loopback. */
  readonly trustedNetwork: boolean;
}

/** The operator's own port. */
export interface AdminConfig {
  readonly host: string;
  /** Null: it is not opened. */
  readonly port: number | null;
  /** Left out, whoever reaches it may use it. */
  readonly token?: SecretSource;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

interface LogConfig {
  readonly level: LogLevel;
  /** `auto`: pretty on a terminal, JSON lines otherwise. */
  readonly format: "auto" | "json" | "pretty";
}

interface LimitsConfig {
  readonly requestBytesMax: number;
  readonly answerBytesMax: number;
  readonly headerBytesMax: number;
  readonly frameBytesMax: number;
}

interface TimeoutsConfig {
  readonly connectMs: number;
  readonly headersMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  /** 0: no limit. */
  readonly totalMs: number;
}

/** How long clients are let wait for a model. */
interface DeadlinesConfig {
  readonly mode: Mode;
  /** 0: no limit. */
  readonly totalSeconds: number;
  /** 0: no limit. */
  readonly wholeSeconds: number;
  readonly marginPercent: number;
  readonly marginSecondsMin: number;
  readonly marginSecondsMax: number;
}

/** When the gateway asks a model once more by itself. */
interface UpstreamRetriesConfig {
  readonly attemptsMax: number;
  readonly statuses: readonly number[];
  readonly delayMs: number;
  readonly delayMsMax: number;
}

/** Where a secret lies. Exactly one of the two is given. */
export interface SecretSource {
  readonly env?: string;
  readonly file?: string;
}

/** The credential that the gateway sends in the client's place, and how it is written. */
export interface ApiKeyConfig extends SecretSource {
  /** Left out, the header that the vendor's protocol expects. */
  readonly header?: string;
  /** Left out, Bearer in Authorization and nothing elsewhere. Empty: nothing. */
  readonly scheme?: string;
}

/** One virtual key of a tenant: its hash, or where it lies. */
export interface VirtualKeyConfig extends SecretSource {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly hash?: string;
  readonly expires?: string;
  readonly disabled: boolean;
}

/** A tenant of `tenancy: keys`. What is left out of `upstreams` and `tools` is all of them. */
export interface TenantConfig {
  readonly keys: readonly VirtualKeyConfig[];
  readonly upstreams?: readonly string[];
  readonly tools?: readonly string[];
  /** 0: no limit. */
  readonly requestsPerMinuteMax: number;
  readonly concurrentMax: number;
}

/** Whether an upstream is reached through the proxy that the environment names. */
export type ProxyChoice = "auto" | "always" | "never";

/** An LLM endpoint. The URL has no closing slash, no credentials, no query. */
export interface UpstreamConfig {
  readonly url: string;
  /** Left out, the client's own credential passes. */
  readonly apiKey?: ApiKeyConfig;
  /** `auto`: HTTP/2 where the upstream offers it. Left out, off. */
  readonly http2?: "off" | "auto";
  /** Left out, auto. */
  readonly proxy?: ProxyChoice;
}

/** What is said of the calls of a tool; left out: nothing. */
interface SaidTermsConfig {
  /** `by-method`: GET, HEAD and OPTIONS read, every other method writes. */
  readonly effect?: "by-method" | "read" | "write" | "irreversible";
  readonly timeoutMs?: number;
  /** True where the tool is known to honour the idempotency key that it is sent. */
  readonly keyed?: boolean;
  /** How long the tool remembers a key from its first use on. */
  readonly keyRetentionSeconds?: number;
  /** True where a second execution has no second effect. */
  readonly idempotent?: boolean;
  /** Statuses by which it promises that the call was not executed. */
  readonly notExecuted?: readonly number[];
  /** True where the tool keeps a refusal under its key. */
  readonly storesErrors?: boolean;
  /** Fields that make a call another operation: `/name` of a body, `?name` of a query. */
  readonly key?: { readonly include: readonly string[]; readonly ignore: readonly string[] };
  /** Headers that do. */
  readonly preconditions?: readonly string[];
  /** Where an operation in doubt can be looked up. */
  readonly lookUp?: {
    readonly path: string;
    readonly found: { readonly at: string; readonly equals?: string };
    readonly answer: string;
    readonly absent?: {
      readonly statuses: readonly number[];
      readonly emptyAt: string | null;
      readonly afterSeconds: number;
    };
  };
}

/** What is said of some paths of a tool. */
export interface EffectRuleConfig extends SaidTermsConfig {
  readonly path: string;
  readonly methods?: readonly string[];
}

/** An HTTP tool behind `/tools/<name>/…`. */
export interface ToolConfig extends SaidTermsConfig {
  readonly url: string;
  readonly apiKey?: ApiKeyConfig;
  readonly proxy?: ProxyChoice;
  readonly effect: "by-method" | "read" | "write" | "irreversible";
  readonly timeoutMs: number;
  readonly clientKeys: "random" | "stable";
  /** Left out, where the table of services says, else `Idempotency-Key`. */
  readonly idempotencyHeader?: string;
  /** The first that fits a call counts. */
  readonly rules: readonly EffectRuleConfig[];
  /** Left out, its calls are not checked. */
  readonly arguments?: ToolArgumentsConfig;
  /** Left out, its calls are held against no decision of a model. */
  readonly decisions?: readonly DecisionMappingConfig[];
}

/** Which calls of a tool carry out which calls of a model. */
interface DecisionMappingConfig {
  readonly tool: string;
  readonly methods?: readonly string[];
  readonly path: string;
  readonly arguments: Readonly<Record<string, string>>;
}

/** What the calls of a tool are held against. */
interface ToolArgumentsConfig {
  /** As written: relative to the folder of the configuration. */
  readonly openapi?: string;
  readonly operations?: readonly unknown[];
  readonly basePath?: string;
  readonly mode: Mode;
  readonly unknownOperations: "pass" | "refuse";
  readonly unknownParameters: "pass" | "refuse";
  /** The operations themselves, as they were read. */
  readonly read: ToolOperations;
}

/** A guard on duty. `options` holds every option of the guard, defaults filled in. */
export interface PostConfig {
  readonly guard: string;
  readonly mode: Mode;
  readonly onError: OnError;
  readonly planes: readonly Plane[];
  readonly options: Readonly<Record<string, unknown>>;
}

interface HoldConfig {
  readonly heldBytesMax: number;
  readonly heldSecondsMax: number;
  readonly preambleMs: number;
  readonly keepAliveSeconds: number;
}

interface EffectsConfig {
  readonly mode: Mode;
  readonly leaseSeconds: number;
  readonly retryWindowSeconds: number;
  readonly effectBodyBytesMax: number;
  readonly attachSeconds: number;
  readonly inDoubtLock: "operation" | "tool" | "run";
  readonly unrequested: "report" | "block";
  /** The file of the table of services; null: the one that comes with Longstop. */
  readonly services: string | null;
}

export interface TurnsConfig {
  readonly mode: Mode;
  readonly graceSeconds: number;
  readonly streamGraceSeconds: number;
  readonly keptBytesMax: number;
  readonly upstreamStreaming: "auto" | "off";
  readonly onPartial: "attach" | "replay-partial" | "continue";
  /** Each has one of the two. */
  readonly normalise: readonly { readonly pattern?: string; readonly pointer?: string }[];
}

/** How recorded bodies are sealed: new ones with the first key, old ones are read with any. */
export interface EncryptionConfig {
  readonly key: SecretSource;
  readonly previous: readonly SecretSource[];
}

/** Which store keeps the ledger. `options` holds every option of the store, defaults filled in. */
export interface LedgerConfig {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Left out, bodies are kept as they are. */
  readonly encryption?: EncryptionConfig;
}

/** The whole configuration, checked, with every default filled in. Never changed once made. */
export interface Config {
  readonly listen: ListenConfig;
  readonly admin: AdminConfig;
  readonly tenancy: "single" | "keys";
  /** The tenants of `tenancy: keys` by name. */
  readonly keys: Readonly<Record<string, TenantConfig>>;
  readonly log: LogConfig;
  readonly drainSeconds: number;
  readonly limits: LimitsConfig;
  readonly timeouts: TimeoutsConfig;
  readonly deadlines: DeadlinesConfig;
  readonly upstreamRetries: UpstreamRetriesConfig;
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>;
  /** Which upstream serves bare `/v1/…`, and bare paths of Anthropic and Google; null: none does. */
  readonly defaults: {
    readonly openai: string | null;
    readonly anthropic: string | null;
    readonly gemini: string | null;
  };
  readonly unguarded: "pass" | "refuse";
  readonly statefulRequests: "hydrate" | "refuse" | "pass";
  readonly tools: Readonly<Record<string, ToolConfig>>;
  /** In the order of judging. */
  readonly posts: readonly PostConfig[];
  readonly repair: { readonly attemptsMax: number };
  readonly hold: HoldConfig;
  readonly effects: EffectsConfig;
  readonly run: {
    readonly replayHours: number;
    readonly detectedAttempts: Mode;
    readonly onDivergence: "continue" | "pause" | "fail";
  };
  readonly turns: TurnsConfig;
  /** The rows of the table of services, in the order in which they are asked. */
  readonly keyedServices: readonly KeyedService[];
  readonly ledger: LedgerConfig;
}
