import type { ErrorCode } from "../exchange/error.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { NewFact } from "../exchange/fact.ts";
import type { Log } from "../exchange/log.ts";
import type { Moment, Moments } from "../exchange/moments.ts";
import { pass, type Verdict } from "../exchange/verdict.ts";
import { noted, overtaken, type NotedVerdict } from "./noted-verdict.ts";
import type { PassCounts } from "./pass-counts.ts";
import type { Post } from "./posts.ts";

/** What the posts of one moment decided about one subject, modes and failures applied. */
export type Judgement<M extends Moment> = {
  /** The subject after all rewrites in force. */
  readonly subject: Moments[M]["subject"];
  /** Rewrites in force, in order. */
  readonly rewrites: readonly Moments[M]["to"][];
  /** Which guards rewrote or stopped it, and why: for the log and `Longstop-Interventions`. */
  readonly interventions: readonly Intervention[];
  readonly facts: readonly NewFact[];
  /** All that was decided and is no pass, also by posts that only report: for the ledger. */
  readonly verdicts: readonly NotedVerdict[];
  /** True where a guard failed, whatever its direction: the next judgement may be another one. */
  readonly failed: boolean;
} & (
  | { readonly kind: "pass" }
  | { readonly kind: "answer"; readonly result: string }
  | {
      readonly kind: "block";
      readonly guard: string;
      readonly reason: string;
      readonly toModel: string;
      readonly policy: boolean;
      /** What the caller is told where the whole request is refused. */
      readonly code: ErrorCode;
    }
);

export interface Intervention {
  readonly guard: string;
  readonly moment: Moment;
  readonly verdict: Verdict<unknown>["kind"];
  readonly reason: string;
}

/** How a rewrite of this moment is carried over to the subject that the next guard sees. */
export type Apply<M extends Moment> = (
  subject: Moments[M]["subject"],
  to: Moments[M]["to"],
) => Moments[M]["subject"];

/**
 * Asks the posts in order. A rewrite goes on with the new subject; the first answer, confirm or
 * block ends it. In report mode a verdict is written down and changes nothing, and a failure of
 * the guard passes; in enforce mode a failure goes the way of `onError`. Most guards answer at once:
 * a promise only where one of them does not.
 */
export function judge<M extends Moment>(
  moment: M,
  posts: readonly Post<M>[],
  first: Moments[M]["subject"],
  at: Exchange,
  apply: Apply<M>,
  { log, passes }: JudgePorts,
): Judgement<M> | Promise<Judgement<M>> {
  return new Judging(moment, posts, first, { at, apply, log, passes }).from(0);
}

/** Who is told what was decided: an engine is one. */
export interface JudgePorts {
  readonly log: Log;
  readonly passes: Pick<PassCounts, "add">;
}

interface JudgingPorts<M extends Moment> extends JudgePorts {
  readonly at: Exchange;
  readonly apply: Apply<M>;
}

/** The posts of one moment at work on one subject. */
class Judging<M extends Moment> {
  readonly #moment: M;
  readonly #posts: readonly Post<M>[];
  readonly #ports: JudgingPorts<M>;
  #subject: Moments[M]["subject"];
  readonly #rewrites: Moments[M]["to"][] = [];
  readonly #interventions: Intervention[] = [];
  readonly #facts: NewFact[] = [];
  #verdicts: readonly NotedVerdict[] = nothing;
  #failed = false;

  constructor(moment: M, posts: readonly Post<M>[], first: Moments[M]["subject"], ports: JudgingPorts<M>) {
    this.#moment = moment;
    this.#posts = posts;
    this.#subject = first;
    this.#ports = ports;
  }

  /** Goes on with the post of that number. */
  from(index: number): Judgement<M> | Promise<Judgement<M>> {
    for (let number = index; number < this.#posts.length; number++) {
      const post = this.#posts[number] as Post<M>;
      const asked = ask(this.#moment, post, this.#subject, this.#ports.at, this.#ports.log);
      if (asked instanceof Promise) {
        return asked.then((one) => this.#take(post, one) ?? this.from(number + 1));
      }
      const end = this.#take(post, asked);
      if (end !== null) return end;
    }
    return { kind: "pass", ...this.#soFar() };
  }

  /** Takes one verdict; gives the judgement where that ends it. */
  #take(post: Post<M>, { verdict, failed }: Asked<M>): Judgement<M> | null {
    const { at, apply, log, passes } = this.#ports;
    this.#failed ||= failed;
    if (verdict.kind === "pass") {
      if (failed) this.#note(post, "failure", "The guard failed, and what it failed on was let pass.");
      else passes.add(post, this.#moment);
      if (verdict.facts !== undefined && post.mode === "enforce") this.#facts.push(...verdict.facts);
      return null;
    }
    const reason = verdict.kind === "confirm" ? verdict.question : verdict.reason;
    say(log, post, this.#moment, verdict.kind, reason, at);
    const ends = post.mode === "enforce" && verdict.kind !== "rewrite";
    if (ends) this.#verdicts = overtaken(this.#verdicts);
    this.#note(post, verdict.kind, reason);
    if (post.mode === "report") return null;
    this.#facts.push(...(verdict.facts ?? []));
    this.#interventions.push({ guard: post.guard, moment: this.#moment, verdict: verdict.kind, reason });
    switch (verdict.kind) {
      case "rewrite":
        this.#rewrites.push(verdict.to);
        this.#subject = apply(this.#subject, verdict.to);
        return null;
      case "answer":
        return { kind: "answer", result: verdict.result, ...this.#soFar() };
      case "confirm":
        return { ...blocked(post.guard, { ...verdict, reason, policy: true }), ...this.#soFar() };
      case "block":
        return { ...blocked(post.guard, verdict), ...this.#soFar() };
    }
  }

  #note({ guard, mode }: Post<M>, verdict: NotedVerdict["verdict"], reason: string): void {
    const carried = mode === "report" ? "only-reported" : "carried-out";
    const done = verdict === "failure" ? "let-pass" : carried;
    const one = noted(
      { guard, mode, moment: this.#moment, verdict, done, reason },
      this.#moment,
      this.#subject,
    );
    this.#verdicts = [...this.#verdicts, one];
  }

  #soFar(): Omit<Judgement<M> & { kind: "pass" }, "kind"> {
    return {
      subject: this.#subject,
      rewrites: this.#rewrites,
      interventions: this.#interventions,
      facts: this.#facts,
      verdicts: this.#verdicts,
      failed: this.#failed,
    };
  }
}

/** One for all judgements without a verdict: nearly all are. */
const nothing: readonly NotedVerdict[] = [];

function say(
  log: Log,
  post: Pick<Post<Moment>, "guard" | "mode">,
  moment: Moment,
  verdict: Verdict<unknown>["kind"],
  reason: string,
  at: Exchange,
): void {
  // What is done to a prompt and its offers comes again on every later turn: no news for an operator.
  const comesAgain = verdict === "rewrite" || moment === "offer";
  const level = !comesAgain || post.mode === "report" ? "info" : "debug";
  const what = post.mode === "enforce" ? "verdict" : "verdict reported";
  log[level](what, { guard: post.guard, moment, verdict, reason, exchange: at.id });
}

type Blocked = Pick<
  Extract<Judgement<Moment>, { kind: "block" }>,
  "kind" | "guard" | "reason" | "toModel" | "policy" | "code"
>;

function blocked(
  guard: string,
  verdict: Pick<Blocked, "reason" | "toModel"> & Partial<Pick<Blocked, "policy" | "code">>,
): Blocked {
  const { reason, toModel, policy = false, code = "prompt_refused" } = verdict;
  return { kind: "block", guard, reason, toModel, policy, code };
}

/** How long a guard may think about one subject, ms. Longer is a failure of the guard. */
const guardMsMax = 30_000;

async function inTime<T>(verdict: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no verdict after ${guardMsMax} ms`)), guardMsMax);
  try {
    return await Promise.race([verdict, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

interface Asked<M extends Moment> {
  readonly verdict: Verdict<Moments[M]["to"]>;
  readonly failed: boolean;
}

/** One guard's verdict; its failure becomes the verdict that the post's direction says. */
function ask<M extends Moment>(
  moment: M,
  post: Post<M>,
  subject: Moments[M]["subject"],
  at: Exchange,
  log: Log,
): Asked<M> | Promise<Asked<M>> {
  const failedBy = (cause: unknown): Asked<M> => ({
    verdict: afterFailure(moment, post, cause, at, log),
    failed: true,
  });
  try {
    const verdict = post.watch(subject, at);
    if (!(verdict instanceof Promise)) return { verdict, failed: false };
    return inTime(verdict).then((said) => ({ verdict: said, failed: false }), failedBy);
  } catch (cause) {
    return failedBy(cause);
  }
}

function afterFailure<M extends Moment>(
  moment: M,
  post: Post<M>,
  cause: unknown,
  at: Exchange,
  log: Log,
): Verdict<Moments[M]["to"]> {
  const direction = post.mode === "enforce" ? post.onError : "pass";
  log.error("guard failed", { guard: post.guard, moment, direction, exchange: at.id, cause });
  if (direction === "pass") return pass;
  return {
    kind: "block",
    reason: "the guard itself failed, and is configured to fail closed",
    toModel: `The check "${post.guard}" failed, so this was not allowed. Do not repeat it unchanged.`,
    policy: true,
  };
}
