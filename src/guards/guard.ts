import type { Exchange, Plane } from "../exchange/exchange.ts";
import type { Moment, Moments } from "../exchange/moments.ts";
import type { Verdict } from "../exchange/verdict.ts";

/**
 * How a watch on replies lets the answer's text flow before it has decided: `none` lets all flow,
 * `end` holds the terminal frames, `all` holds the whole answer.
 */
export type Hold = "none" | "end" | "all";

/** JSON Schema of one option of type `T`; every option has a default and says its unit. */
export type SchemaOf<T> = [T] extends [boolean]
  ? { type: "boolean"; default: T; description: string }
  : [T] extends [number]
    ? { type: "integer" | "number"; default: T; description: string; minimum?: number; maximum?: number }
    : [T] extends [string]
      ? { type: "string"; default: T; description: string; enum?: readonly T[] }
      : { default: T; description: string } & Readonly<Record<string, unknown>>;

export type SchemasFor<Options> = { readonly [Key in keyof Options]-?: SchemaOf<Options[Key]> };

/**
 * What a guard is lent. Guards never log, never call an upstream, never throw to refuse.
 */
export interface Ports {
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** Secret of the tenant for keyed frames: the same over restarts and replicas. */
  readonly framingKey: (tenant: string) => Promise<Uint8Array>;
  /** Says something once to the operator (per `subject`), such as a schema that cannot be used. */
  readonly report: (subject: string, sentence: string) => void;
}

/** A guard's function for one moment. A throw is a failure of the guard, not a refusal. */
export type Watch<M extends Moment> = (
  subject: Moments[M]["subject"],
  at: Exchange,
) => Verdict<Moments[M]["to"]> | Promise<Verdict<Moments[M]["to"]>>;

export type Watches = { readonly [M in Moment]?: Watch<M> };

/** A guard as it is on duty: its functions, bound to its options. */
export interface Watcher {
  readonly watches: Watches;
  /** Needed by a watch on `reply`; the strongest hold of all posts counts. */
  readonly hold?: Hold;
  /** `part`: a verdict on a result depends on that result and the options alone, so it is kept. */
  readonly dependsOn?: "part";
  /** True where a watch on `prompt` needs `PromptSubject.run`: only then is what a run uses counted. */
  readonly countsRuns?: boolean;
  /** Ends workers and the like. */
  readonly close?: () => Promise<void>;
}

/** A rule: its name, its options, and how it is put on duty. */
export interface Guard<Options = unknown> {
  readonly name: string;
  /** Raised when the same options would decide differently: kept verdicts are then void. */
  readonly version: number;
  /** One sentence for `longstop explain` and the configuration's comments. */
  readonly summary: string;
  /** JSON Schema per option; the configuration's schema is composed of these. */
  readonly options: SchemasFor<Options>;
  /** Relations between option values that a schema cannot say; sentences, empty when fine. */
  check?(options: Options): readonly string[];
  /** The planes on which it has something to do; all, where it does not say. */
  readonly planes?: readonly Plane[];
  /**
   * False for a guard that only lets pass or blocks: it changes no prompt, so a change of its options
   * holds at once in conversations that are under way. All others keep the options they began with.
   */
  readonly rewrites?: false;
  /** Which moments `watch` will watch with these options; the posts are grouped by it at load. */
  watch(options: Options, ports: Ports): Watcher;
}

/** Keeps the option types of a guard while the list holds guards of every kind. */
export function defineGuard<Options>(guard: Guard<Options>): Guard {
  return guard;
}
